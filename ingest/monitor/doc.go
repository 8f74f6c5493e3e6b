// Package monitor reads packets from a network interface: the eyes of a passive
// monitor on a mirror port, a tap, or a host's own link.
//
// The name of an interface comes in; the beginnings of frames go out, with the
// kernel's time of arrival, how the frame begins and how long it was on the wire.
// What the kernel had no room for is counted. The package looks into no frame
// (package header does), meters no flows (package packets does) and knows no
// export format.
//
// It needs Linux and the capability CAP_NET_RAW, and no C library: packets come
// through a ring of memory shared with the kernel (packet(7), TPACKET_V3), a whole
// block of them for one system call. The ready-made reader of pcapgo falls short
// on a busy mirror port, as it takes a system call for each packet (measured: 1.6 µs
// against 20 ns), and elsewhere:
// between its socket and its bind it hears all interfaces, it does not tell what
// the host itself sends, and its errors are text that nothing can be asked of.
//
// What an operator should know: a VLAN tag is taken off by the kernel before it
// hands the frame over. Receive offload (GRO, LRO) merges packets before they are
// seen, so that packets are counted too low and bytes right; `ethtool -K IFACE gro
// off lro off` stops it on a mirror port. On the loopback interface every packet
// passes twice and is counted once.
package monitor
