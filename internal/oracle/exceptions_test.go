package oracle

import (
	"strconv"
	"strings"
	"time"

	"eagre/flow"
)

// exceptions are all differences that are right. The first that fits a difference
// excuses it.
var exceptions = []exception{
	// What is counted.
	{"goflow2", "*/*sflow*", []field{octets}, frameAround, "goflow2 counts the frame, with link header, FCS and padding; bytes of eagre are those of the IP packet"},
	{"nfdump", "*/*sflow*", []field{allOctets}, frameAround, "nfdump counts the frame, with link header, FCS and padding; bytes of eagre are those of the IP packet"},
	{"goflow2", "*/netflow5_test_invalid*", []field{presence}, countsNothing, "goflow2 believes the count in the header, and fills up with empty records"},
	{"goflow2", devicesThatCountNothing, []field{presence}, countsNothing, "a record without packets and bytes describes no traffic: eagre makes no flow of it"},
	{"nfdump", devicesThatCountNothing, []field{presence}, countsNothing, "a record without packets and bytes describes no traffic: eagre makes no flow of it"},
	{"wireshark", "*/ipfix_test_barracuda */ipfix_test_ixia", []field{presence}, countsNothing, "a record without packets and bytes describes no traffic: eagre makes no flow of it"},
	{"goflow2", "*/ipfix_test_yaf telegraf/ipfix_example", []field{octets, packets}, theySayNothing, "goflow2 does not read totals (85, 86)"},
	{"goflow2", "*/netflow9_test_cisco_asa_*", []field{octets}, theySayNothing, "goflow2 does not read what firewalls count (231, 232)"},
	{"goflow2", "*/netflow9_test_0length_fields */netflow9_test_fortigate_fortios_521", []field{octets, packets}, theySayNothing, "goflow2 lets an outgoing counter of 0 (23, 24) overwrite the incoming one"},
	{"nfdump", "*/netflow9_test_0length_fields", []field{allOctets, allPackets}, theySayNothing, "nfdump keeps outgoing counters (23, 24) apart; eagre takes them where the others are 0"},

	// Flows that are two in one.
	{"goflow2", "*/ipfix_test_yaf telegraf/ipfix_example", []field{presence}, onlyOurs, "goflow2 does not read reverse elements (RFC 5103)"},
	{"goflow2", "*/netflow9_test_cisco_asa_2", []field{presence}, onlyOurs, "goflow2 does not read what the responder sent (232)"},
	{"nfdump", "*/ipfix_test_yaf telegraf/ipfix_example */netflow9_test_cisco_asa_2", []field{presence}, onlyOurs, "nfdump keeps both directions in one record"},

	// Sampling.
	{"nfdump", "simulated/netflow-v9-sampled simulated/ipfix-sampled */netflow9_test_invalid01", []field{allOctets, allPackets}, notScaled, "nfdump 1.7.1 does not apply a rate that options data announces for the whole exporter"},

	// Interfaces of sFlow.
	{"goflow2", "attack-flows/*sflow*", []field{input, output}, unknownInterface, "0x3fffffff is how sFlow says that an interface is not known"},
	{"nfdump", "attack-flows/*sflow*", []field{input, output}, unknownInterface, "0x3fffffff is how sFlow says that an interface is not known"},
	{"goflow2", "tcpdump-sflow/sflow-print-v6 telegraf/sflow_issue_15918", []field{output}, severalInterfaces, "the packet left by several interfaces: goflow2 gives the word as it is, their number with the format above it"},
	{"nfdump", "telegraf/sflow_issue_15918", []field{output}, nil, "the packet left by ten interfaces: nfdump takes their number for one"},

	// Times.
	{"goflow2", "*/netflow5_test_invalid* */netflow9_test_fortigate_fortios_521 */netflow9_test_nprobe telegraf/ipfix_example", []field{first, last}, marked, "eagre does not believe a time after the datagram's own or hours before it: it moves the flow and marks it"},
	{"nfdump", "*/netflow9_test_fortigate_fortios_521 */netflow9_test_nprobe telegraf/ipfix_example telegraf/netflow_v9_example", []field{first, last}, marked, "eagre does not believe a time after the datagram's own or hours before it: it moves the flow and marks it"},
	{"goflow2", "attack-flows/*-ipfix */ipfix */ipfix_test_barracuda */ipfix_test_mikrotik", []field{first, last}, timeOfExport, "goflow2 does not read sysUptimes and durations in IPFIX (21, 22, 161) and gives the time of export"},
	{"goflow2", "*/netflow9_cisco_asr1001x */netflow9_test_cisco_asa_* */netflow9_test_unknown", []field{first, last}, timeOfExport, "goflow2 does not read absolute times in NetFlow v9 (150 to 153, 323) and gives the time of export"},
	{"nfdump", "attack-flows/*-ipfix */ipfix", []field{first, last}, swapped, "nfdump 1.7.1 takes flowEndSysUpTime (21) for the start"},
	{"nfdump", "attack-flows/*-ipfix */ipfix */netflow9_test_cisco_asa_1", []field{first, last}, movedBack, "the flow ends in the second of its export, which the header does not say more exactly: eagre moves it to the arrival, which is the start of that second here"},
	{"nfdump", "simulated/ipfix-delta-microseconds", []field{first, last}, nil, "nfdump takes microseconds before the export (158, 159) for milliseconds"},

	// What stands in fields of its own.
	{"nfdump", "attack-flows/ipv6-denial6* */netflow9_test_* telegraf/sflow_issue_15918", []field{destPort}, typeOfICMP, "nfdump reads type and code of ICMP from the port alone, not from elements of their own (32, 139), nor behind hop-by-hop options"},
	{"goflow2", "telegraf/sflow_issue_15918", []field{protocol, destPort}, hopByHop, "goflow2 does not pass over hop-by-hop options"},
	{"goflow2", "*/ipfix_test_yaf telegraf/ipfix_example", []field{flags}, theySayNothing, "goflow2 does not read the flags of CERT (PEN 6871)"},
	{"nfdump", "*/ipfix_test_yaf telegraf/ipfix_example", []field{flags}, theySayNothing, "nfdump does not read the flags of CERT (PEN 6871)"},
	{"nfdump", "*/ipfix_test_yaf", []field{tos}, theySayNothing, "nfdump does not keep this traffic class"},
	{"nfdump", "*/netflow5_test_juniper_mx80 simulated/netflow-v[57]*", []field{sourceMask, destMask}, theySayNothing, "nfdump 1.7.1 does not keep the masks of NetFlow v5 and v7"},

	// Datagrams that are not as they should be.
	{"goflow2", "*/netflow5_test_invalid*", []field{sourceMask, destMask}, tooLong, "a mask longer than an address is none"},
	{"nfdump", "*/netflow5", []field{presence}, onlyTheirs, "several datagrams end to end in one: nfdump reads each header, eagre what the first one counts"},
	{"nfdump", "*/netflow5_test_invalid*", []field{presence}, onlyOurs, "nfdump refuses a datagram whose count is above what it holds"},
	{"goflow2", "*/netflow9_test_invalid01", []field{presence}, onlyOurs, "goflow2 gives up a datagram whose options it cannot read"},
	{"goflow2", "telegraf/issue_14370", []field{presence}, onlyTheirs, "a template gives a time no bytes and its data eight: all that follows is shifted, so eagre refuses the template"},
	{"nfdump", "telegraf/issue_14370", []field{presence}, onlyTheirs, "a template gives a time no bytes and its data eight: all that follows is shifted, so eagre refuses the template"},
	{"nfdump", "tcpdump-sflow/sflow_multiple_counter_30_pdus", []field{presence}, onlyOurs, "five datagrams of NetFlow v5 are among those of sFlow, and nfdump's collector of sFlow reads none"},
}

// devicesThatCountNothing send records of connections that have only begun, and of
// translations.
const devicesThatCountNothing = "*/ipfix_test_barracuda */ipfix_test_barracuda_extended_uniflow */ipfix_test_ixia */ipfix_test_nokia_bras " +
	"*/ipfix_test_procera */netflow9_test_0length_fields */netflow9_test_cisco_asa_2 */netflow9_test_macaddr"

func onlyOurs(d difference) bool   { return d.theirs == nil }
func onlyTheirs(d difference) bool { return d.ours == nil }

// frameAround is a frame of Ethernet, tags and all, around the packet.
func frameAround(d difference) bool {
	const least, most = 18, 46 // header and FCS; those and padding, or tags
	rate := uint64(1)
	if d.field == allOctets {
		rate = value(d.ours, sampling)
	}
	around := (value(d.theirs, d.field) - value(d.ours, d.field)) / rate
	return around >= least && around <= most
}

func countsNothing(d difference) bool {
	for _, f := range []field{octets, packets, allOctets, allPackets} {
		if text, says := d.theirs[f]; says && text != "0" {
			return false
		}
	}
	return d.ours == nil
}

func theySayNothing(d difference) bool { return d.theirs[d.field] == "0" }

func notScaled(d difference) bool {
	rate := value(d.ours, sampling)
	return rate > 1 && value(d.ours, d.field) == rate*value(d.theirs, d.field)
}

func unknownInterface(d difference) bool {
	return d.ours[d.field] == "0" && value(d.theirs, d.field) == 0x3fffffff
}

func severalInterfaces(d difference) bool {
	const format = 1 << 31
	return d.ours[d.field] == "0" && value(d.theirs, d.field)&format != 0
}

func marked(d difference) bool {
	return flow.Quality(value(d.ours, marks))&(flow.BadDuration|flow.LateReceived) != 0
}

func timeOfExport(d difference) bool { return strings.HasSuffix(d.theirs[d.field], ".000") }

func swapped(d difference) bool {
	return d.ours[first] == d.theirs[last] && d.ours[last] == d.theirs[first]
}

// movedBack: the whole flow is earlier by less than a second, so that it ends with
// the start of one.
func movedBack(d difference) bool {
	start := d.theirs[first]
	if end, says := d.theirs[last]; says {
		start = min(start, end) // some have them the wrong way round
	}
	theirs, err := time.Parse(milliseconds, start)
	ours, wrong := time.Parse(milliseconds, d.ours[first])
	earlier := theirs.Sub(ours)
	return err == nil && wrong == nil && strings.HasSuffix(d.ours[last], ".000") && earlier > 0 && earlier < time.Second
}

func typeOfICMP(d difference) bool { return d.ours.icmp() && d.theirs[destPort] == "0" }
func hopByHop(d difference) bool   { return d.theirs[protocol] == "0" }
func tooLong(d difference) bool    { return value(d.theirs, d.field) > 32 }

// value is a field as the number that it is.
func value(s said, f field) uint64 {
	n, _ := strconv.ParseUint(s[f], 10, 64)
	return n
}
