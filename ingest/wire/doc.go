// Package wire holds what all decoders of export datagrams share: the bounded
// Cursor through which bytes from outside are read, the vocabulary in which a
// decoder says what was wrong (Reason, Note), and the Report that gives every
// datagram exactly one Disposition.
//
// Bytes come in, numbers and notes go out. The package knows the names of the
// formats so that it can tell them apart, but no layout beyond their first words,
// no exporter state and no clock. Nothing here allocates except printing a Note.
package wire
