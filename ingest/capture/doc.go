// Package capture reads packet captures (pcap and pcapng, also gzipped) as input
// of the engine. By looking at the first packets it decides whether a file holds
// export datagrams or plain traffic, puts frames into the order of their capture
// times, and takes the UDP payloads out of frames when they are exports.
//
// Bytes of a file come in; Items with a time of arrival go out. The package
// decodes no export format, meters no flows and assembles no fragments. Ports
// hardly matter to it: exporters send to any.
package capture
