package tokenize

import (
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// normalizer rewrites text before it is cut into words.
type normalizer interface {
	apply(t *aligned)
}

// normalizeString applies a normaliser to a string.
func normalizeString(n normalizer, s string) string {
	var t aligned
	t.set([]byte(s), 0, false)
	n.apply(&t)
	return string(t.b)
}

type normalizerSequence []normalizer

func (s normalizerSequence) apply(t *aligned) {
	for _, n := range s {
		n.apply(t)
	}
}

// prependNormalizer writes a string in front of text that is not empty.
type prependNormalizer string

func (p prependNormalizer) apply(t *aligned) {
	if len(t.b) == 0 {
		return
	}
	t.begin(0)
	prependTo(t, string(p), len(t.b))
	t.commit()
}

// replaceNormalizer replaces what a pattern matches.
type replaceNormalizer struct {
	pattern pattern
	content string
}

func (p replaceNormalizer) apply(t *aligned) {
	if old, ok := p.pattern.(stringPattern); ok && old != "" && !t.track {
		t.replaceString(string(old), p.content)
		return
	}
	t.replaceMatches(p.pattern.matches(nil, t.b), p.content)
}

// filter drops the characters that keep refuses; a kept character takes over the removal of those that follow it.
func (t *aligned) filter(keep func(rune) bool) {
	clean := true
	for i := 0; i < len(t.b) && clean; {
		r, n := runeAt(t.b, i)
		clean = keep(r)
		i += n
	}
	if clean {
		return
	}
	lead, i := 0, 0
	for i < len(t.b) {
		r, n := runeAt(t.b, i)
		if keep(r) {
			break
		}
		lead++
		i += n
	}
	t.begin(lead)
	for i < len(t.b) {
		r, n := runeAt(t.b, i)
		i += n
		dropped := 0
		for i < len(t.b) {
			next, m := runeAt(t.b, i)
			if keep(next) {
				break
			}
			dropped++
			i += m
		}
		t.put(r, -dropped)
	}
	t.commit()
}

// mapRunes replaces characters one by one.
func (t *aligned) mapRunes(f func(rune) rune) {
	t.begin(0)
	for t.off < len(t.b) {
		r, n := runeAt(t.b, t.off)
		if m := f(r); m != r {
			t.put(m, 0)
		} else {
			t.keep(t.off + n)
		}
	}
	t.commit()
}

// stripNormalizer removes white space at the ends.
type stripNormalizer struct {
	Left  bool `json:"strip_left"`
	Right bool `json:"strip_right"`
}

func (s *stripNormalizer) apply(t *aligned) {
	start, end := 0, len(t.b)
	if s.Left {
		start = leadingSpace(t.b)
	}
	if s.Right {
		end = max(start, trimRightSpace(t.b))
	}
	if start == 0 && end == len(t.b) {
		return
	}
	t.begin(0)
	t.off = start
	t.keep(end)
	t.commit()
}

// lowercase lower-cases each character by itself; only U+0130 becomes two characters.
type lowercase struct{}

func (lowercase) apply(t *aligned) {
	for i := 0; ; i++ {
		if i == len(t.b) {
			return
		}
		if t.b[i] >= utf8.RuneSelf || t.b[i] >= 'A' && t.b[i] <= 'Z' {
			break
		}
	}
	t.begin(0)
	for t.off < len(t.b) {
		r, n := runeAt(t.b, t.off)
		if r == 0x130 {
			t.put('i', 0)
			t.put(0x307, 1)
			continue
		}
		if l := toLower(r); l != r {
			t.put(l, 0)
		} else {
			t.keep(t.off + n)
		}
	}
	t.commit()
}

func toLower(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	return rustLower(r)
}

// stripAccents drops combining marks.
type stripAccents struct{}

func (stripAccents) apply(t *aligned) {
	t.filter(func(r rune) bool { return !combiningMark(r) })
}

// nmt is sentencepiece's clean-up: control characters go, other separators become spaces.
type nmt struct{}

func (nmt) apply(t *aligned) {
	t.filter(func(r rune) bool {
		return !(r >= 1 && r <= 8 || r == 0xB || r >= 0xE && r <= 0x1F || r == 0x7F || r == 0x8F || r == 0x9F)
	})
	t.mapRunes(func(r rune) rune {
		switch {
		case r == 9, r == 0xA, r == 0xC, r == 0xD, r == 0x1680, r >= 0x200B && r <= 0x200F, r == 0x2028, r == 0x2029, r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			return ' '
		}
		return r
	})
}

// parseNormalizer reads a normaliser; nil when there is none.
func parseNormalizer(raw jsontext.Value) (normalizer, error) {
	if isNull(raw) {
		return nil, nil
	}
	kind, err := typeOf(raw)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "Sequence":
		return parseNormalizerSequence(raw)
	case "BertNormalizer":
		b := &bertNormalizer{CleanText: true, HandleChinese: true, Lowercase: true}
		return b, unmarshal(raw, b)
	case "Precompiled":
		return parseCharsmap(raw)
	case "NFC":
		return unicodeForm{compose: true}, nil
	case "NFKC":
		return unicodeForm{compose: true, compatible: true}, nil
	case "NFD":
		return unicodeForm{}, nil
	case "NFKD":
		return unicodeForm{compatible: true}, nil
	case "Lowercase":
		return lowercase{}, nil
	case "StripAccents":
		return stripAccents{}, nil
	case "Nmt":
		return nmt{}, nil
	case "Strip":
		s := &stripNormalizer{}
		return s, unmarshal(raw, s)
	case "Prepend":
		var p struct {
			Prepend string `json:"prepend"`
		}
		err := unmarshal(raw, &p)
		return prependNormalizer(p.Prepend), err
	case "Replace":
		var p struct {
			Pattern jsontext.Value `json:"pattern"`
			Content string         `json:"content"`
		}
		if err := unmarshal(raw, &p); err != nil {
			return nil, err
		}
		pat, err := parsePattern(p.Pattern)
		return replaceNormalizer{pat, p.Content}, err
	}
	return nil, fmt.Errorf("unknown normalizer type %q", kind)
}

func parseNormalizerSequence(raw jsontext.Value) (normalizer, error) {
	var s struct {
		Normalizers []jsontext.Value `json:"normalizers"`
	}
	if err := unmarshal(raw, &s); err != nil {
		return nil, err
	}
	var all normalizerSequence
	for i, r := range s.Normalizers {
		n, err := parseNormalizer(r)
		if err != nil {
			return nil, fmt.Errorf("normalizers[%d]: %w", i, err)
		}
		if n != nil {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}
