package privacy

import (
	"slices"

	"github.com/nyaruka/phonenumbers"
)

// phoneCache remembers the last verdicts of libphonenumber, which costs microseconds: tables and forms repeat numbers.
type phoneCache map[string]bool

// valid asks libphonenumber whether a number is one that is given out, in a region or, with a +, anywhere.
func (s *Scanner) valid(number []byte, region string) bool {
	key := region + string(number)
	if v, ok := s.phone[key]; ok {
		return v
	}
	n, err := phonenumbers.Parse(string(number), region)
	ok := err == nil && phonenumbers.IsValidNumber(n)
	if s.phone == nil || len(s.phone) >= 4096 {
		s.phone = phoneCache{}
	}
	s.phone[key] = ok
	return ok
}

var phoneWords = []string{"tel", "telephone", "phone", "mobile", "cell", "call", "fax", "whatsapp", "text", "contact", "hotline", "电话", "手机", "致电", "联系", "传真", "热线", "電話", "手機"}

// telephone returns the end of a telephone number whose first digits begin at i, or 0.
func (s *Scanner) telephone(i int) int {
	if n := s.chineseMobile(i); n > 0 {
		return n
	}
	if !s.Kinds.has(PhoneIntl) {
		return 0
	}
	if s.at(i-1) == '+' {
		return s.international(i-1, i)
	}
	g := s.groupsAt(i, "-. ")
	// (212) 555-0100 and its kin: brackets are no separators of groups.
	if g.n == 1 && g.length(0) == 3 && s.at(i-1) == '(' && s.at(g.end[0]) == ')' && slices.Contains(s.Regions, "US") {
		k := g.end[0] + 1
		if s.at(k) == ' ' {
			k++
		}
		rest := s.groupsAt(k, "-. ")
		if rest.n == 2 && rest.shaped(3, 4) && s.ends(rest.end[1]) && s.northAmerican(s.b[i:i+3], s.b[k:k+3]) {
			start := i - 1
			if country := s.countryOne(start); country >= 0 {
				start = country
			}
			return s.add(PhoneIntl, start, rest.end[1])
		}
		return 0
	}
	if slices.Contains(s.Regions, "US") {
		k := 0
		if g.n == 4 && g.length(0) == 1 && s.b[i] == '1' { // 1-212-555-0100
			k = 1
		}
		if g.n == k+3 && g.length(k) == 3 && g.length(k+1) == 3 && g.length(k+2) == 4 && g.sep[k+2] != ' ' && g.sep[k+1] == g.sep[k+2] && s.ends(g.end[k+2]) &&
			s.northAmerican(s.b[g.start[k]:g.end[k]], s.b[g.start[k+1]:g.end[k+1]]) && !s.before(i, notPersonal...) {
			var buf [16]byte
			if d := digitsOf(buf[:0], s.b[g.start[k]:g.end[k+2]]); s.valid(d, "US") || s.near(i, phoneWords...) {
				return s.add(PhoneIntl, i, g.end[k+2])
			}
		}
	}
	return s.national(i, &g)
}

// countryOne returns where a "1 " or "+1 " before a bracket at i begins, or -1.
func (s *Scanner) countryOne(i int) int {
	k := i
	if k > 0 && (s.b[k-1] == ' ' || s.b[k-1] == '-') {
		k--
	}
	if k > 0 && s.b[k-1] == '1' && !digit(s.at(k-2)) && k-1 >= s.free() {
		if s.at(k-2) == '+' {
			return max(k-2, s.free())
		}
		return k - 1
	}
	return -1
}

// northAmerican reports whether area and exchange can be dialled: neither begins with 0 or 1, and the area is not N11.
func (s *Scanner) northAmerican(area, exchange []byte) bool {
	return area[0] >= '2' && exchange[0] >= '2' && string(area[1:]) != "11"
}

// chineseMobile returns the end of a mobile number of the mainland: 1, 3 to 9 and nine digits, in one run or as 3-4-4, with or without +86.
func (s *Scanner) chineseMobile(i int) int {
	if !s.Kinds.has(PhoneCNMobile) {
		return 0
	}
	start, first := i, i
	g := s.groupsAt(i, "- ")
	k := 0
	switch {
	case g.n >= 1 && g.length(0) == 13 && string(s.b[i:i+2]) == "86":
		first = i + 2
	case g.n >= 1 && g.length(0) == 15 && string(s.b[i:i+4]) == "0086":
		first = i + 4
	case g.n >= 2 && (g.length(0) == 2 && string(s.b[i:i+2]) == "86" || g.length(0) == 4 && string(s.b[i:i+4]) == "0086"):
		k, first = 1, g.start[1]
	}
	if first+11 > len(s.b) || s.b[first] != '1' || s.b[first+1] < '3' {
		return 0
	}
	end := 0
	switch {
	case g.end[k]-first == 11:
		end = g.end[k]
		if k+1 < g.n && g.sep[k+1] == '-' && g.length(k+1) > 4 {
			return 0
		}
	case g.n >= k+3 && first == g.start[k] && g.length(k) == 3 && g.length(k+1) == 4 && g.length(k+2) == 4 && g.sep[k+1] == g.sep[k+2]:
		end = g.end[k+2]
	default:
		return 0
	}
	if !s.ends(end) {
		return 0
	}
	if s.at(i-1) == '+' && first > i {
		start--
	} else if s.at(i-1) == '+' || s.at(i-1) == '-' && digit(s.at(i-2)) {
		return 0
	}
	if g.n == 1 && s.before(i, notPersonal...) {
		return 0
	}
	return s.add(PhoneCNMobile, start, end)
}

// international returns the end of a number that begins with a + at plus: the longest chain of groups that libphonenumber knows.
func (s *Scanner) international(plus, i int) int {
	var ends [10]int
	n, digits := 0, 0
	k := i
	for k < len(s.b) && n < len(ends) && digits <= 15 {
		if !digit(s.b[k]) {
			break
		}
		for k < len(s.b) && digit(s.b[k]) {
			k++
			digits++
		}
		if digits > 15 {
			break
		}
		ends[n] = k
		n++
		for skip := 0; k < len(s.b) && skip < 2 && (s.b[k] == ' ' || s.b[k] == '-' || s.b[k] == '.' || s.b[k] == '(' || s.b[k] == ')'); skip++ {
			k++
		}
	}
	for n--; n >= 0; n-- {
		end := ends[n]
		if alnum(s.at(end)) {
			continue
		}
		var buf [24]byte
		d := digitsOf(append(buf[:0], '+'), s.b[i:end])
		if len(d) < 8 {
			return 0
		}
		if s.valid(d, "ZZ") {
			return s.add(PhoneIntl, plus, end)
		}
	}
	return 0
}

// national returns the end of a number in the national form of one of the regions: a 0 and groups, with a word such as "phone" before it, or an area code of
// China set off by a hyphen or brackets.
func (s *Scanner) national(i int, g *groups) int {
	if s.b[i] != '0' || g.n > 5 || !s.ends(g.end[g.n-1]) {
		return 0
	}
	start, end := i, g.end[g.n-1]
	if s.at(i-1) == '(' && s.at(g.end[0]) == ')' && g.n == 1 { // (010) 12345678
		k := g.end[0] + 1
		if s.at(k) == ' ' {
			k++
		}
		rest := s.groupsAt(k, "- ")
		if rest.n == 0 || rest.n > 2 || !s.ends(rest.end[rest.n-1]) {
			return 0
		}
		start, end = i-1, rest.end[rest.n-1]
	}
	var buf [32]byte
	d := digitsOf(buf[:0], s.b[start:end])
	if len(d) < 9 || len(d) > 12 {
		return 0
	}
	shaped := g.n == 2 && g.sep[1] == '-' && (g.length(0) == 3 || g.length(0) == 4) && g.length(1) >= 7 || start < i
	if !shaped && !s.near(i, phoneWords...) {
		return 0
	}
	for _, region := range s.Regions {
		if region == "US" || shaped && region != "CN" && !s.near(i, phoneWords...) {
			continue
		}
		if s.valid(d, region) {
			return s.add(PhoneIntl, start, end)
		}
	}
	return 0
}
