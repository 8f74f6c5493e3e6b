package detector

import "slices"

// openIncident opens an incident, or takes up the last one about the same
// subject; nil when there are too many.
func (j *judge) openIncident(sub subject, s *series, t *test, v verdict) *incident {
	if i := j.relapse(sub); i != nil {
		i.accept(s, t, v)
		return i
	}
	if len(j.order) >= j.cfg.MaxAnomalies {
		j.counters.Refused++
		return nil
	}
	i := &incident{subject: sub, fresh: true}
	i.accept(s, t, v)
	i.start = i.vectors[0].from
	i.id = idOf(t.detector, sub, i.start)
	j.admit(i)
	j.counters.Opened++
	return i
}

func (j *judge) admit(i *incident) {
	j.open[i.subject] = i
	j.order = append(j.order, i)
}

// relapse takes up an incident that ended a short while ago.
func (j *judge) relapse(sub subject) *incident {
	for n, i := range j.recent {
		if i.subject == sub {
			j.recent = slices.Delete(j.recent, n, n+1)
			i.reopen()
			j.admit(i)
			return i
		}
	}
	return nil
}
