package privacy

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// tagger writes what stands in a text for a value. No tag holds a digit next to a letter that a scan could take for data: redacting twice changes nothing.
type tagger struct {
	mode    string // typed, numbered, hash
	key     string
	numbers map[string]int // numbered: the number of each value of the row, by kind and value
	last    map[string]int // numbered: the last number given out, by tag
	out     []byte
	spare   []byte // the text of the round before
}

// reset forgets the row.
func (t *tagger) reset() {
	clear(t.numbers)
	clear(t.last)
}

// redactAll redacts the spans of a text, scans what came out, and goes on until nothing is found: a tag in place of a value can complete or bare a
// neighbour. So redacting twice gives the same as redacting once. It returns the text and the number of values; the text is valid until the next call.
func (t *tagger) redactAll(text []byte, spans []Span, scan func([]byte) []Span) (out []byte, values int) {
	for len(spans) > 0 {
		values += len(spans)
		t.out, t.spare = t.spare, t.out
		text = t.redact(text, spans)
		spans = scan(text)
	}
	return text, values
}

// redact returns the text with a tag in place of each span. The result is valid until the next call.
func (t *tagger) redact(text []byte, spans []Span) []byte {
	t.out = t.out[:0]
	from := 0
	for _, s := range spans {
		t.out = append(t.out, text[from:s.Start]...)
		t.out = append(t.out, '<')
		t.out = append(t.out, s.Kind.Tag()...)
		switch t.mode {
		case "numbered":
			t.out = append(t.out, '_')
			t.out = strconv.AppendInt(t.out, int64(t.number(s.Kind, text[s.Start:s.End])), 10)
		case "hash":
			t.out = append(t.out, '_')
			t.out = t.hash(t.out, s.Kind, text[s.Start:s.End])
		}
		t.out = append(t.out, '>')
		from = s.End
	}
	t.out = append(t.out, text[from:]...)
	return t.out
}

func (t *tagger) number(k Kind, value []byte) int {
	if t.numbers == nil {
		t.numbers, t.last = map[string]int{}, map[string]int{}
	}
	key := k.Tag() + "\x00" + string(canonical(k, value))
	n := t.numbers[key]
	if n == 0 {
		t.last[k.Tag()]++
		n = t.last[k.Tag()]
		t.numbers[key] = n
	}
	return n
}

// hash appends 12 letters of a keyed hash (HMAC-SHA-256, 48 bits) of the value: nobody without the key can go through all telephone numbers and find the one.
func (t *tagger) hash(dst []byte, k Kind, value []byte) []byte {
	h := hmac.New(sha256.New, []byte(t.key))
	h.Write([]byte(k.Tag() + "\x00"))
	h.Write(canonical(k, value))
	for _, b := range h.Sum(nil)[:6] {
		dst = append(dst, 'a'+b>>4, 'a'+b&15)
	}
	return dst
}

// canonical is the form in which two ways of writing a value are the same: no separators, small letters, no +86 before a mobile number.
func canonical(k Kind, value []byte) []byte {
	out := make([]byte, 0, len(value))
	switch k {
	case Crypto, APIKey: // case matters
		return append(out, value...)
	case Email, IPv4, IPv6:
		return append(out, bytes.ToLower(value)...)
	}
	for _, c := range bytes.ToUpper(value) {
		if alnum(c) || c >= 0x80 && k == CNPlate && c != 0xC2 && c != 0xB7 {
			out = append(out, c)
		}
	}
	if k == PhoneCNMobile && len(out) > 11 {
		out = out[len(out)-11:]
	}
	return out
}

// allowList holds values that are nobody's secret.
type allowList struct {
	exact  map[string]bool
	suffix []string // of *@example.org the part after the star
}

func newAllowList(values []string) (allowList, error) {
	l := allowList{exact: map[string]bool{}}
	for _, v := range values {
		v = strings.ToLower(strings.TrimSpace(v))
		switch {
		case v == "" || strings.HasPrefix(v, "#"):
		case v == "*":
			return l, fmt.Errorf("%q would let everything stay; leave the kind out of kinds instead", v)
		case v[0] == '*':
			l.suffix = append(l.suffix, v[1:])
		case strings.Contains(v, "*"):
			return l, fmt.Errorf("%q: a star may stand at the beginning only", v)
		default:
			l.exact[v] = true
		}
	}
	return l, nil
}

func (l *allowList) filter(text []byte, spans []Span) []Span {
	kept := spans[:0]
next:
	for _, s := range spans {
		v := strings.ToLower(string(text[s.Start:s.End]))
		if l.exact[v] {
			continue
		}
		for _, suffix := range l.suffix {
			if strings.HasSuffix(v, suffix) {
				continue next
			}
		}
		kept = append(kept, s)
	}
	return kept
}
