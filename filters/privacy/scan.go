package privacy

import "bytes"

// Span is a value found in a text: the bytes [Start, End).
type Span struct {
	Start, End int
	Kind       Kind
}

// Scanner finds personal data in UTF-8 text (any other bytes do no harm). It belongs to one worker: the spans of a Scan are valid until the next.
//
// A text is walked once by classes of bytes. Only three things stop the walk: a digit, an @, and a capital right after a byte that is not ASCII
// (a licence plate). Everything else that is looked for holds a digit, so that clean text costs one table look-up a byte.
// Word boundaries are those of ASCII: a value glued to Chinese characters is found.
type Scanner struct {
	Kinds   kindSet  // what to look for
	Regions []string // regions whose national telephone numbers are recognised, as ISO 3166 codes

	b      []byte
	spans  []Span
	blocks []Span // private keys that the walk has not reached
	phone  phoneCache
	judged int // end of the last run of letters, digits, -, _ and dots that was held against the keys' shapes: it is looked at once
}

// NewScanner returns a scanner for all kinds and the national numbers of the United States and China.
func NewScanner() *Scanner { return &Scanner{Kinds: allKinds, Regions: []string{"US", "CN"}} }

const (
	stopDigit = 1 << iota
	stopAt
	stopCapital
	isDigit
	isUpper
	isLower
	isHexLetter
	isLocal // may stand in the local part of an e-mail address
)

var class = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			t[c] = stopDigit | isDigit | isLocal
		case c >= 'A' && c <= 'Z':
			t[c] = stopCapital | isUpper | isLocal
		case c >= 'a' && c <= 'z':
			t[c] = isLower | isLocal
		case c == '@':
			t[c] = stopAt
		case bytes.IndexByte([]byte("._%+-"), byte(c)) >= 0:
			t[c] = isLocal
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			t[c] |= isHexLetter
		}
	}
	return t
}()

func digit(c byte) bool { return class[c]&isDigit != 0 }
func alnum(c byte) bool { return class[c]&(isDigit|isUpper|isLower) != 0 }
func upper(c byte) bool { return class[c]&isUpper != 0 }
func hex(c byte) bool   { return class[c]&(isDigit|isHexLetter) != 0 }

// at returns byte i, or 0 outside the text.
func (s *Scanner) at(i int) byte {
	if i < 0 || i >= len(s.b) {
		return 0
	}
	return s.b[i]
}

// Scan returns the values of a text in order; they do not overlap.
func (s *Scanner) Scan(b []byte) []Span {
	s.b, s.spans, s.blocks, s.judged = b, s.spans[:0], s.blocks[:0], 0
	if s.Kinds.has(APIKey) {
		s.privateKeys()
	}
	block := len(b) // where the next private key begins
	if len(s.blocks) > 0 {
		block = s.blocks[0].Start
	}
	for i := 0; i < len(b); {
		if i >= block {
			i = s.add(APIKey, max(s.blocks[0].Start, s.free()), max(i, s.blocks[0].End))
			if s.blocks = s.blocks[1:]; len(s.blocks) > 0 {
				block = s.blocks[0].Start
			} else {
				block = len(b)
			}
			continue
		}
		c := class[b[i]]
		switch {
		case c&(stopDigit|stopAt|stopCapital) == 0:
			i++
		case c&stopDigit != 0:
			i = s.number(i)
		case c&stopAt != 0:
			i = s.email(i)
		case i > 0 && b[i-1] >= 0x80 && s.Kinds.has(CNPlate):
			i = s.plate(i)
		default:
			i++
		}
	}
	return s.spans
}

// add notes a value and returns where the walk goes on.
func (s *Scanner) add(k Kind, start, end int) int {
	s.spans = append(s.spans, Span{start, end, k})
	return end
}

// free returns the first byte that belongs to no value yet.
func (s *Scanner) free() int {
	if n := len(s.spans); n > 0 {
		return s.spans[n-1].End
	}
	return 0
}

// number looks at the digits that begin at i and at what they are part of.
func (s *Scanner) number(i int) int {
	b := s.b
	start, end := i, i
	for low := s.free(); start > low && alnum(b[start-1]); {
		start--
	}
	pure := start == i
	for end < len(b) && alnum(b[end]) {
		if !digit(b[end]) {
			pure = false
		}
		end++
	}
	if n := s.uuid(start); n > 0 {
		return n
	}
	if !pure || end-start >= 25 {
		if next := s.token(start, end); next > 0 {
			return next
		}
		// 17 digits and X end a resident id; digits with letters after them are otherwise no numbers of ours, save the forms of token and hexadecimals of IPv6.
		if start == i {
			if n := s.ipv6(start); n > 0 {
				return n
			}
			if n := s.residentID(start); n > 0 {
				return n
			}
		}
		return end
	}
	if s.at(end) == '@' && s.at(end+1) != 0 && alnum(s.at(end+1)) {
		return end // the local part of an address
	}
	if n := s.pureNumber(start, end); n > 0 {
		return n
	}
	return end
}

func (s *Scanner) pureNumber(start, end int) int {
	prev, before := s.at(start-1), s.at(start-2)
	if prev == '_' || prev == '.' && digit(before) {
		return 0
	}
	if end-start >= 7 || s.grouped(end) {
		if n := s.ipv4(start); n > 0 {
			return n
		}
		if n := s.ipv6(start); n > 0 {
			return n
		}
		if n := s.residentID(start); n > 0 {
			return n
		}
		if prev == '$' || prev == '/' && digit(before) {
			return 0
		}
		if n := s.card(start); n > 0 {
			return n
		}
		if n := s.ssn(start); n > 0 {
			return n
		}
		return s.telephone(start)
	}
	return 0
}

// grouped reports whether a separator and another digit follow: the number is written in groups.
func (s *Scanner) grouped(end int) bool {
	switch s.at(end) {
	case ' ', '-', '.', ':', ')':
		return digit(s.at(end+1)) || s.at(end+1) == ' ' && digit(s.at(end+2)) || hex(s.at(end+1)) || s.at(end+1) == ':' || s.at(end+1) == '('
	}
	return false
}

// uuid returns the end of a UUID (8-4-4-4-12 hexadecimal digits) that begins at i, 0 when there is none: nothing inside is a number of ours.
func (s *Scanner) uuid(i int) int {
	if len(s.b)-i < 36 || s.b[i+8] != '-' {
		return 0
	}
	for k, c := range s.b[i : i+36] {
		if k == 8 || k == 13 || k == 18 || k == 23 {
			if c != '-' {
				return 0
			}
		} else if !hex(c) {
			return 0
		}
	}
	return i + 36
}
