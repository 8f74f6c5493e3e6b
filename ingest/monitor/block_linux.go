package monitor

import (
	"encoding/binary"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"eagre/ingest/header"
)

// block is a part of the ring: a descriptor and the frames behind it
// (linux/if_packet.h, struct tpacket_block_desc and tpacket3_hdr). It belongs to
// the kernel until its status says that it is ready.
type block []byte

// Where the fields stand.
const (
	blockStatus = 8
	blockFrames = 12
	blockFirst  = 16

	frameNext    = 0
	frameSeconds = 4
	frameNanos   = 8
	frameKept    = 12
	frameLength  = 16
	frameMAC     = 24
	frameHeader  = 48 // then comes the link-level address (struct sockaddr_ll)
	addressKind  = 10

	shortestFrame = frameHeader + addressKind + 1
)

var native = binary.NativeEndian

// status is the word through which kernel and reader pass the block to each other.
func (b block) status() *uint32 { return (*uint32)(unsafe.Pointer(&b[blockStatus])) }

func (b block) ready() bool { return atomic.LoadUint32(b.status())&unix.TP_STATUS_USER != 0 }

func (b block) giveBack() { atomic.StoreUint32(b.status(), unix.TP_STATUS_KERNEL) }

// frames hands over the frames of the block. once leaves out what goes out.
func (b block) frames(once bool, link header.LinkType, handle Handler) {
	at := int(native.Uint32(b[blockFirst:]))
	for range native.Uint32(b[blockFrames:]) {
		if at < 0 || at > len(b)-shortestFrame {
			return
		}
		f := b[at:]
		if !once || f[frameHeader+addressKind] != unix.PACKET_OUTGOING {
			f.hand(link, handle)
		}
		at += int(native.Uint32(f[frameNext:]))
	}
}

// hand gives one frame, which begins the block, to a handler.
func (b block) hand(link header.LinkType, handle Handler) {
	from, kept := int(native.Uint16(b[frameMAC:])), int(native.Uint32(b[frameKept:]))
	if from > len(b) || kept > len(b)-from {
		return
	}
	when := time.Unix(int64(native.Uint32(b[frameSeconds:])), int64(native.Uint32(b[frameNanos:]))).UTC()
	handle(when, link, b[from:from+kept], int(native.Uint32(b[frameLength:])))
}
