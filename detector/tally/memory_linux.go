package tally

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapLarge maps size bytes that begin on a huge page; whole is what unmapLarge
// wants back. Both are nil when the kernel refuses.
func mapLarge(size uintptr) (used, whole []byte) {
	size = (size + largePage - 1) &^ (largePage - 1)
	whole, err := unix.Mmap(-1, 0, int(size)+largePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil
	}
	skip := -uintptr(unsafe.Pointer(&whole[0])) & (largePage - 1)
	used = whole[skip : skip+size]
	_ = unix.Madvise(used, unix.MADV_HUGEPAGE) // where there are none, small pages do
	return used, whole
}

func unmapLarge(whole []byte) { _ = unix.Munmap(whole) } // it was mapped by us, so it cannot fail
