package ipfix

// stateVersion is the first byte of a saved state. Numbers are big-endian.
//
//	state     version u8, boot i64, domains u16, domain..., interfaces u32, name..., applications u32, name...
//	domain    id u32, v9 u8, boot, heard, used i64, templates u16, template..., rates u16, rate...
//	template  id u16, scopes u16 (65535: none, it is for data), touched i64, busy u8, fields u16, bytes u32, fields as announced
//	rate      key u64, rate u32
//	name      number u64, description u8, bytes u16, text
const stateVersion = 1

const noScopes = 65535

// AppendState appends what the exporter has announced, so that it survives a
// restart. Data that waits for a template is left out.
func (x *Exporter) AppendState(dst []byte) []byte {
	dst = append(dst, stateVersion)
	dst = be.AppendUint64(dst, uint64(x.boot))
	dst = be.AppendUint16(dst, uint16(len(x.domains)))
	for _, d := range x.domains {
		dst = d.append(dst)
	}
	dst = be.AppendUint32(dst, uint32(len(x.interfaces.rows)))
	for _, r := range x.interfaces.rows {
		dst = appendName(dst, r.key, r.value)
	}
	dst = be.AppendUint32(dst, uint32(len(x.applications.rows)))
	for _, r := range x.applications.rows {
		dst = appendName(dst, r.key, name{text: r.value})
	}
	return dst
}

func (d *domain) append(dst []byte) []byte {
	dst = be.AppendUint32(dst, d.key.id)
	dst = append(dst, bit(d.key.v9))
	for _, v := range []int64{d.boot, d.heard, d.used} {
		dst = be.AppendUint64(dst, uint64(v))
	}
	dst = be.AppendUint16(dst, uint16(len(d.templates)))
	for _, t := range d.templates {
		dst = t.append(dst)
	}
	dst = be.AppendUint16(dst, uint16(len(d.rates.rows)))
	for _, r := range d.rates.rows {
		dst = be.AppendUint64(dst, r.key)
		dst = be.AppendUint32(dst, r.value)
	}
	return dst
}

func (t *template) append(dst []byte) []byte {
	scopes := uint16(noScopes)
	if t.kind == options {
		scopes = t.scopes
	}
	dst = be.AppendUint16(dst, t.id)
	dst = be.AppendUint16(dst, scopes)
	dst = be.AppendUint64(dst, uint64(t.touched))
	dst = append(dst, bit(t.busy))
	dst = be.AppendUint16(dst, t.fields)
	dst = be.AppendUint32(dst, uint32(len(t.spec)))
	return append(dst, t.spec...)
}

func appendName(dst []byte, key uint64, n name) []byte {
	dst = be.AppendUint64(dst, key)
	dst = append(dst, bit(n.description))
	dst = be.AppendUint16(dst, uint16(len(n.text)))
	return append(dst, n.text...)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
