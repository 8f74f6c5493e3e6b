package tally

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// largePage is the size of a transparent huge page.
const largePage = 2 << 20

// newEntries makes room for the entries of one chunk. At a hundred thousand
// keys the translation of addresses costs as much as the memory itself, so the
// room is asked for in huge pages where the kernel has them. Entries hold no
// pointers; the room is kept for the life of the process and used again.
func newEntries() []entry {
	const size = chunkSize * unsafe.Sizeof(entry{})
	room, err := unix.Mmap(-1, 0, int(size)+largePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]entry, chunkSize)
	}
	skip := -uintptr(unsafe.Pointer(&room[0])) & (largePage - 1)
	room = room[skip : skip+size]
	_ = unix.Madvise(room, unix.MADV_HUGEPAGE) // where there are none, small pages do
	return unsafe.Slice((*entry)(unsafe.Pointer(&room[0])), chunkSize)
}
