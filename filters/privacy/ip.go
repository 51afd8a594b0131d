package privacy

import "net/netip"

// special are the ranges of RFC 6890 and its updates that name no host on the internet: private, loopback, link-local, documentation, multicast, reserved.
var special = func() (out []netip.Prefix) {
	for _, p := range []string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "2001:db8::/32", "2001::/23", "2002::/16"} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}()

func public(a netip.Addr) bool {
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// ipv4 returns the end of an address that begins at i, or 0. Numbers of versions and sections look the same: words before them tell.
func (s *Scanner) ipv4(i int) int {
	if !s.Kinds.has(IPv4) {
		return 0
	}
	g := s.groupsAt(i, ".")
	if g.n != 4 {
		return 0
	}
	var a [4]byte
	small, longest := true, 0
	for k := range 4 {
		n := g.length(k)
		if n > 3 || n > 1 && s.b[g.start[k]] == '0' {
			return 0
		}
		v := 0
		for _, c := range s.b[g.start[k]:g.end[k]] {
			v = v*10 + int(c-'0')
		}
		if v > 255 {
			return 0
		}
		small, longest = small && v < 30, max(longest, n)
		a[k] = byte(v)
	}
	end := g.end[3]
	if !s.ends(end) || !public(netip.AddrFrom4(a)) {
		return 0
	}
	if s.before(i, "version", "versions", "v", "ver", "release", "rev", "revision", "build", "firmware", "section", "sections", "sec", "chapter", "clause", "article",
		"paragraph", "figure", "fig", "table", "appendix", "rule", "page", "oid", "版本", "第", "条款", "章节", "章", "节", "小节", "附录", "表", "图", "§") {
		return 0
	}
	if longest == 1 { // numbers of a list
		return 0
	}
	if small && (i == 0 || s.b[i-1] == '\n') && s.at(end) == ' ' { // a numbered heading
		return 0
	}
	return s.add(IPv4, i, end)
}

// ipv6 returns the end of a global unicast address (2000::/3) that begins at i, or 0. Its first group is four hexadecimal digits from 2 or 3 on, so that names such as
// std::dec and times are never taken for one.
func (s *Scanner) ipv6(i int) int {
	b := s.b
	if !s.Kinds.has(IPv6) || b[i] != '2' && b[i] != '3' || i+5 >= len(b) || b[i+4] != ':' {
		return 0
	}
	end := i
	for end < len(b) && end-i < 40 && (hex(b[end]) || b[end] == ':') {
		end++
	}
	if end < len(b) && alnum(b[end]) {
		return 0
	}
	for end > i && b[end-1] == ':' && !(end-i >= 2 && b[end-2] == ':') {
		end-- // a colon of the sentence
	}
	a, err := netip.ParseAddr(string(b[i:end]))
	if err != nil || !a.Is6() || !public(a) {
		return 0
	}
	return s.add(IPv6, i, end)
}
