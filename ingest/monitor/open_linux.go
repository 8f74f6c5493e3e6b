package monitor

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"eagre/ingest/header"
)

// Open starts listening on an interface. Nothing is lost between Open and Run as
// long as the buffer holds it. Errors say what an operator can do about them.
func Open(c Config) (*Monitor, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	device, err := net.InterfaceByName(c.Interface)
	if err != nil {
		return nil, fmt.Errorf("monitor %s: no such interface; there are %s", c.Interface, interfaces())
	}
	if device.Flags&net.FlagUp == 0 {
		return nil, fmt.Errorf("monitor %s: the interface is down; `ip link set %s up` starts it: %w", c.Interface, c.Interface, unix.ENETDOWN)
	}
	fd, err := socket(c, device.Index)
	if err != nil {
		return nil, fmt.Errorf("monitor %s: %w", c.Interface, err)
	}
	m, err := assemble(c, device, fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("monitor %s: %w", c.Interface, err)
	}
	return m, nil
}

// interfaces are the names of those there are.
func interfaces() string {
	all, err := net.Interfaces()
	if err != nil || len(all) == 0 {
		return "none"
	}
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.Name
	}
	return strings.Join(names, ", ")
}

// socket makes a packet socket that is set up before it is bound, so that it hears
// nothing else before.
func socket(c Config, index int) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, explain(err)
	}
	if err := prepare(fd, c, index); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// explain says what is missing where the kernel refuses a packet socket.
func explain(err error) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("the capability CAP_NET_RAW is missing: `setcap cap_net_raw+ep` on the program gives it, in a systemd unit "+
			"AmbientCapabilities=CAP_NET_RAW (and CapabilityBoundingSet), in a container cap_add NET_RAW: %w", err)
	case errors.Is(err, unix.EAFNOSUPPORT):
		return fmt.Errorf("packet sockets are not allowed: the kernel lacks them, or RestrictAddressFamilies of a systemd unit lacks AF_PACKET: %w", err)
	}
	return fmt.Errorf("packet socket: %w", err)
}

func prepare(fd int, c Config, index int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("ring of version 3, which Linux has since 3.2: %w", err)
	}
	if err := cut(fd, c.SnapLen); err != nil {
		return fmt.Errorf("frames cannot be cut at %d bytes: %w", c.SnapLen, err)
	}
	if err := ring(fd, c.Buffer); err != nil {
		return fmt.Errorf("a buffer of %d bytes is refused: %w", c.Buffer, err)
	}
	if c.Promiscuous {
		request := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &request); err != nil {
			return fmt.Errorf("promiscuous mode: %w", err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_ALL), Ifindex: index}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}

// bigEndian is a number as the kernel takes it from the wire.
func bigEndian(n uint16) uint16 {
	b := [2]byte{byte(n >> 8), byte(n)}
	return *(*uint16)(unsafe.Pointer(&b))
}

// cut lets the kernel keep the beginning of each frame only: a filter that accepts
// all of them, up to a length.
func cut(fd, length int) error {
	program := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: uint32(length)}}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &program[0]})
}

// retireMillis is after how long the kernel hands over a block that is not full.
const retireMillis = 50

// frameSize has no meaning in version 3 of the ring, where frames take what they
// need, but the kernel checks it.
const frameSize = 2048

func ring(fd, size int) error {
	blocks := uint32(size / blockSize)
	return unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{
		Block_size: blockSize, Block_nr: blocks, Frame_size: frameSize, Frame_nr: blocks * (blockSize / frameSize), Retire_blk_tov: retireMillis,
	})
}

// assemble maps the ring and makes a monitor of the socket, whose owner it is then.
func assemble(c Config, device *net.Interface, fd int) (*Monitor, error) {
	link, err := linkOf(fd)
	if err != nil {
		return nil, err
	}
	memory, err := unix.Mmap(fd, 0, c.Buffer/blockSize*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("a buffer of %d bytes cannot be mapped: %w", c.Buffer, err)
	}
	file := os.NewFile(uintptr(fd), "packet socket on "+c.Interface)
	raw, err := file.SyscallConn()
	if err != nil {
		_ = unix.Munmap(memory)
		return nil, err
	}
	m := &Monitor{name: c.Interface, index: c.Index, link: link, once: device.Flags&net.FlagLoopback != 0, file: file, raw: raw, memory: memory}
	if m.index == 0 {
		m.index = uint32(device.Index)
	}
	return m, nil
}

// linkOf says how frames of the bound interface begin (ARPHRD numbers of
// linux/if_arp.h).
func linkOf(fd int) (header.LinkType, error) {
	address, err := unix.Getsockname(fd)
	if err != nil {
		return 0, fmt.Errorf("kind of interface: %w", err)
	}
	bound, ok := address.(*unix.SockaddrLinklayer)
	if !ok {
		return 0, errors.New("kind of interface: not bound to one")
	}
	return linkType(bound.Hatype)
}

func linkType(hardware uint16) (header.LinkType, error) {
	switch hardware {
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		return header.Ethernet, nil
	case unix.ARPHRD_NONE, unix.ARPHRD_RAWIP, unix.ARPHRD_TUNNEL, unix.ARPHRD_TUNNEL6, unix.ARPHRD_SIT:
		return header.Raw, nil
	}
	return 0, fmt.Errorf("interfaces of kind %d are not understood; Ethernet, loopback and IP tunnels are", hardware)
}
