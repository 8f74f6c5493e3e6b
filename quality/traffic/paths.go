package traffic

import "eagre/quality"

// paths knows the hops between any two places, so that nobody walks them twice.
type paths struct {
	world *quality.World
	known map[[2]quality.Place][]quality.Hop
}

func newPaths(w *quality.World) *paths {
	return &paths{w, map[[2]quality.Place][]quality.Hop{}}
}

func (p *paths) between(from, to quality.Place) []quality.Hop {
	key := [2]quality.Place{from, to}
	hops, known := p.known[key]
	if !known {
		hops = p.world.Path(from, to)
		p.known[key] = hops
	}
	return hops
}
