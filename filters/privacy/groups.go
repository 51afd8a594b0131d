package privacy

import "bytes"

// groups are runs of digits with one separator between each and the next.
type groups struct {
	n          int
	start, end [8]int
	sep        [8]byte // sep[k] stands before group k
}

// groupsAt reads the groups that begin at i; only separators of seps count.
func (s *Scanner) groupsAt(i int, seps string) (g groups) {
	b := s.b
	for g.n < len(g.start) && i < len(b) && digit(b[i]) {
		g.start[g.n] = i
		for i < len(b) && digit(b[i]) {
			i++
		}
		g.end[g.n] = i
		g.n++
		if i+1 >= len(b) || !digit(b[i+1]) || bytes.IndexByte([]byte(seps), b[i]) < 0 || g.n == len(g.start) {
			break
		}
		g.sep[g.n] = b[i]
		i++
	}
	return g
}

func (g *groups) length(k int) int { return g.end[k] - g.start[k] }

// shaped reports whether the first groups have the given lengths and one separator throughout.
func (g *groups) shaped(lengths ...int) bool {
	if g.n < len(lengths) {
		return false
	}
	for k, n := range lengths {
		if g.length(k) != n || k > 1 && g.sep[k] != g.sep[1] {
			return false
		}
	}
	return true
}

// digitsOf appends the digits of b[start:end] to dst.
func digitsOf(dst, b []byte) []byte {
	for _, c := range b {
		if digit(c) {
			dst = append(dst, c)
		}
	}
	return dst
}

// ends reports whether a number may end at i: no letter or digit follows, and no decimal point with a digit.
func (s *Scanner) ends(i int) bool {
	c := s.at(i)
	return !alnum(c) && c != '_' && !(c == '.' && digit(s.at(i+1)))
}

// luhn reports whether a number's last digit is the check digit of ISO/IEC 7812.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i&1 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

const contextBytes = 32 // how far before a value words are looked for

// before reports whether one of words stands right before i, with nothing but white space, a copula or punctuation between. ASCII words are compared whole and
// without case; Chinese words as they are.
func (s *Scanner) before(i int, words ...string) bool {
	end := i
	for end > 0 && i-end < 8 {
		c := s.b[end-1]
		if c == ' ' || c == ':' || c == '#' || c == '.' || c == '=' || c == '"' || c == '(' || c == '-' || c == '\'' {
			end--
			continue
		}
		if end >= 3 && (bytes.HasSuffix(s.b[:end], []byte("：")) || bytes.HasSuffix(s.b[:end], []byte("（")) || bytes.HasSuffix(s.b[:end], []byte("为")) ||
			bytes.HasSuffix(s.b[:end], []byte("是")) || bytes.HasSuffix(s.b[:end], []byte("號")) || bytes.HasSuffix(s.b[:end], []byte("号"))) {
			end -= 3
			continue
		}
		break
	}
	for _, w := range words {
		k := end - len(w)
		if k < 0 || !foldEqual(s.b[k:end], w) {
			continue
		}
		if w[0] >= 0x80 || k == 0 || !alnum(s.b[k-1]) {
			return true
		}
	}
	return false
}

// near reports whether one of words stands in the 32 bytes before i.
func (s *Scanner) near(i int, words ...string) bool {
	from := max(0, i-contextBytes)
	for _, w := range words {
		for k := from; k+len(w) <= i; k++ {
			if foldEqual(s.b[k:k+len(w)], w) && (w[0] >= 0x80 || (k == 0 || !alnum(s.b[k-1])) && !alnum(s.at(k+len(w)))) {
				return true
			}
		}
	}
	return false
}

// foldEqual compares b with w, which is in small letters, without the case of ASCII letters.
func foldEqual(b []byte, w string) bool {
	for i := range len(w) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != w[i] {
			return false
		}
	}
	return true
}
