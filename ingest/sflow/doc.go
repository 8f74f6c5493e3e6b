// Package sflow decodes sFlow version 5 datagrams into columns (sFlow.org,
// "sFlow Version 5", July 2004, and "sFlow Dropped Packet Notification
// Structures", October 2020). Flow samples, plain and expanded, become one row
// each: one packet, weighted by the sampling rate that the sample carries.
// Notifications of dropped packets become rows without volume. Counter samples
// yield the counters of interfaces for the cross-check with flow data. Anything
// unknown is skipped by its length and counted.
//
// The payload of one datagram and its wire.Source come in; rows of a flow.Batch
// and notes in a wire.Report go out. Every count and length is bounded by the
// bytes that are there. Decoding knows no exporter state and no clock; what can
// be learned of an exporter over time, its interface counters and the sampling
// that its pools tell, is gathered in the bounded tables Interfaces and Sampling.
package sflow
