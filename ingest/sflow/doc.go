// Package sflow decodes sFlow version 5 datagrams into columns (sFlow.org,
// "sFlow Version 5", July 2004). Flow samples, plain and expanded, become one
// row each: one packet, weighted by the sampling rate that the sample carries.
// Counter samples and anything unknown are skipped by their length and counted.
//
// The payload of one datagram and its wire.Source come in; rows of a flow.Batch
// and notes in a wire.Report go out. Every count and length is bounded by the
// bytes that are there. The package knows no exporter state and no clock.
package sflow
