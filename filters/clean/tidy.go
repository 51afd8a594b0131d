package clean

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"winnow/internal/text"
)

// edit is a kind of change that tidying made.
type edit uint8

const (
	editControl edit = 1 << iota // control characters and noncharacters taken out, invalid bytes replaced
	editHidden                   // characters without width or ink taken out
	editSpace                    // unusual spaces, spaces at line ends, empty lines
	editBreak                    // line breaks other than \n
	editWidth                    // full-width letters and digits, half-width katakana
)

// tidier rewrites a text in one pass. It has scratch memory and belongs to one worker.
type tidier struct {
	controls, hidden, breaks bool
	spaces                   string // trim, collapse, keep
	width                    string // letters, all, keep
	out                      []byte
	easy                     bool // what clean looked at is in NFC by the table of text.EasyNFC
}

// tidy returns the text as the settings want it and what was changed: b itself, and 0, when there is nothing to do. The result is valid until the next call.
func (t *tidier) tidy(b []byte) ([]byte, edit) {
	if t.clean(b) {
		return b, 0
	}
	out, edits := t.out[:0], edit(0)
	for i := 0; i < len(b); {
		c := b[i]
		if c > ' ' && c < 0x7F {
			out = append(out, c)
			i++
			continue
		}
		if c >= 0xE4 && c <= 0xE9 && i+3 <= len(b) && b[i+1]&0xC0 == 0x80 && b[i+2]&0xC0 == 0x80 {
			out = append(out, c, b[i+1], b[i+2])
			i += 3
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			out, edits = utf8.AppendRune(out, utf8.RuneError), edits|editControl
		case r == '\n':
			out = t.lineEnd(out, &edits)
		case r == ' ' || r == '\t':
			if t.spaces == "collapse" && !atLineStart(out) {
				j := i + 1
				for j < len(b) && (b[j] == ' ' || b[j] == '\t') {
					j++
				}
				if j > i+1 || r == '\t' {
					edits |= editSpace
				}
				out, n = append(out, ' '), j-i
			} else {
				out = append(out, c)
			}
		case t.breaks && isBreak(r):
			edits |= editBreak
			if r == '\r' && i+1 < len(b) && b[i+1] == '\n' {
				n = 2
			}
			out = t.lineEnd(out, &edits)
		case t.controls && isControl(r):
			edits |= editControl
		case t.hidden && isHidden(r) && !joins(r, out, b[i+n:]):
			edits |= editHidden
		case t.spaces != "keep" && isUnusualSpace(r):
			edits |= editSpace
			if r == '　' { // an indent of Chinese paragraphs, else a gap
				if !atLineStart(out) && out[len(out)-1] != ' ' {
					out = append(out, ' ')
				}
			} else {
				out = append(out, ' ')
			}
		case t.width != "keep" && r >= 0xFF01 && r <= 0xFFEF:
			if s := t.fold(r, out, b[i+n:]); s != 0 {
				out, edits = utf8.AppendRune(out, s), edits|editWidth
			} else {
				out = append(out, b[i:i+n]...)
			}
		default:
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
	if t.spaces != "keep" {
		trimmed := bytes.TrimRight(out, " \t\n")
		start := 0 // empty lines at the beginning go, the first line's indent stays
		for i := 0; i < len(trimmed) && (trimmed[i] == ' ' || trimmed[i] == '\t' || trimmed[i] == '\n'); i++ {
			if trimmed[i] == '\n' {
				start = i + 1
			}
		}
		if len(trimmed) < len(out) || start > 0 {
			edits |= editSpace
		}
		t.out = out
		out = trimmed[start:]
	} else {
		t.out = out
	}
	if edits == 0 {
		return b, 0
	}
	return out, edits
}

// maxBreaks is how many line breaks stay together: two empty lines, as between the functions of a Python file.
const maxBreaks = 3

func (t *tidier) lineEnd(out []byte, edits *edit) []byte {
	if t.spaces == "keep" {
		return append(out, '\n')
	}
	n := len(out)
	for n > 0 && (out[n-1] == ' ' || out[n-1] == '\t') {
		n--
	}
	if n < len(out) {
		*edits |= editSpace
		out = out[:n]
	}
	breaks := 0
	for breaks < n && out[n-1-breaks] == '\n' {
		breaks++
	}
	if breaks >= maxBreaks {
		*edits |= editSpace
		return out
	}
	return append(out, '\n')
}

func atLineStart(out []byte) bool {
	for i := len(out) - 1; i >= 0 && out[i] != '\n'; i-- {
		if out[i] != ' ' && out[i] != '\t' {
			return false
		}
	}
	return true
}

// clean reports whether the text surely needs nothing: a quick look that stops at whatever may need a change. When it does, easy says whether the text is surely in
// NFC, too: one pass tells both.
func (t *tidier) clean(b []byte) bool {
	t.easy = true
	if t.spaces != "keep" && len(b) > 0 {
		if first := bytes.TrimLeft(b, " \t"); len(first) == 0 || first[0] == '\n' || isSpaceByte(b[len(b)-1]) {
			return false
		}
	}
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c > ' ' && c < 0x7F:
			for i+8 <= len(b) && plain8(binary.LittleEndian.Uint64(b[i:])) {
				i += 8
			}
			for i < len(b) && b[i] > ' ' && b[i] < 0x7F {
				i++
			}
		case c >= 0xE4 && c <= 0xE9:
			i = text.HanRun(b, i)
			if i < len(b) && b[i] >= 0xE4 && b[i] <= 0xE9 {
				return false
			}
		case c == ' ':
			i++
			if t.spaces != "keep" && i < len(b) && (b[i] == '\n' || b[i] == ' ' || b[i] == '\t') {
				j := i
				for j < len(b) && (b[j] == ' ' || b[j] == '\t') {
					j++
				}
				if t.spaces == "collapse" || j == len(b) || b[j] == '\n' {
					return false
				}
				i = j
			}
		case c == '\n':
			if t.spaces != "keep" && i+maxBreaks < len(b) && b[i+1] == '\n' && b[i+2] == '\n' && b[i+3] == '\n' {
				return false
			}
			i++
		case c == '\t':
			if t.spaces == "collapse" || t.spaces == "trim" && i+1 < len(b) && (b[i+1] == '\n' || b[i+1] == ' ' || b[i+1] == '\t') {
				return false
			}
			i++
		case c == 0xE3 && i+2 < len(b) && b[i+1] == 0x80 && b[i+2] > 0x80 && b[i+2] < 0xAA: // 、。《》「」
			i += 3
		case c == 0xEF && t.width != "all" && i+2 < len(b) && b[i+1] == 0xBC && (b[i+2] >= 0x81 && b[i+2] < 0x8E || b[i+2] >= 0x9A && b[i+2] <= 0xA0): // ！（），：；？
			i += 3
		default:
			n := t.plainRune(b[i:])
			if n == 0 {
				return false
			}
			t.easy = t.easy && (n == 1 || text.EasyRune(b[i:]) > 0)
			i += n
		}
	}
	return true
}

// plain8 reports whether eight bytes are all of ASCII from U+0020 to U+007E, with no space beside a space at hand: spaces are looked at one by one only
// where two could meet, so that words and single spaces pass in blocks.
func plain8(x uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	if x&highs != 0 || (x-0x20*ones)&highs != 0 || (x+ones)&highs != 0 {
		return false
	}
	y := x ^ 0x20*ones
	spaces := (y - ones) & ^y & highs // the lowest bit is exact, and higher ones err only towards a space
	return spaces&(spaces>>8) == 0 && spaces>>63 == 0
}

// plainRune returns the length of the character that b begins with when no setting changes it, else 0.
func (t *tidier) plainRune(b []byte) int {
	r, n := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && n == 1,
		t.breaks && isBreak(r),
		t.controls && isControl(r),
		t.hidden && isHidden(r),
		t.spaces != "keep" && isUnusualSpace(r),
		t.width == "all" && r >= 0xFF01 && r <= 0xFFEF,
		t.width == "letters" && r >= 0xFF0E && r <= 0xFFDC && (r == 0xFF0E || isWideLetter(r) || r >= 0xFF61):
		return 0
	}
	return n
}

func isSpaceByte(b byte) bool { return b == ' ' || b == '\t' || b == '\n' }

// isBreak: the line breaks of Unicode besides \n (UAX 14, classes BK, CR, NL).
func isBreak(r rune) bool {
	return r == '\r' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029
}

func isControl(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\t' && r != '\n' && !isBreak(r)
	case r < 0x7F:
		return false
	case r <= 0x9F:
		return r != 0x85
	}
	return r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE || r >= 0xFFF9 && r <= 0xFFFB
}

// isHidden: soft hyphen, Mongolian separator, zero-width space and joiners, directional marks, invisible operators, byte order mark, tags.
func isHidden(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case r == 0xAD, r == 0x034F, r == 0x061C, r == 0x180E, r == 0xFEFF:
		return true
	}
	return r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F || r >= 0xE0000 && r <= 0xE007F
}

// joins keeps the joiners that spell words or emoji: U+200C and U+200D beside a script that needs them, directional marks beside right-to-left letters,
// and the tags of a flag.
func joins(r rune, before, after []byte) bool {
	p, _ := utf8.DecodeLastRune(before)
	switch {
	case r == 0x200C || r == 0x200D:
		n, _ := utf8.DecodeRune(after)
		return needsJoiner(p) && (needsJoiner(n) || r == 0x200C || r == 0x200D && unicode.Is(unicode.Mn, p))
	case r == 0x200E || r == 0x200F || r == 0x061C:
		return unicode.In(p, unicode.Hebrew, unicode.Arabic)
	case r >= 0xE0000:
		return p == 0x1F3F4 || p >= 0xE0000 && p <= 0xE007F
	}
	return false
}

// needsJoiner: Arabic, Syriac and the scripts of India and around it, emoji and their variation selector.
func needsJoiner(r rune) bool {
	return r >= 0x0600 && r <= 0x07FF || r >= 0x08A0 && r <= 0x0DFF || r >= 0x1000 && r <= 0x109F || r >= 0x1780 && r <= 0x18AF || r >= 0x2600 && r <= 0x27BF || r == 0xFE0F || r >= 0x1F300 && r <= 0x1FAFF || r == 0x2640 || r == 0x2642
}

func isUnusualSpace(r rune) bool {
	switch {
	case r < 0xA0:
		return false
	case r == 0xA0, r == 0x1680, r == 0x202F, r == 0x205F, r == 0x3000:
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}

func isWideLetter(r rune) bool {
	return r >= 0xFF10 && r <= 0xFF19 || r >= 0xFF21 && r <= 0xFF3A || r >= 0xFF41 && r <= 0xFF5A
}

// fold returns the usual form of a full or half width character, 0 when it stays. `letters` leaves the punctuation of Chinese as it is, but for the point
// between two digits.
func (t *tidier) fold(r rune, before, after []byte) rune {
	if t.width == "letters" {
		switch {
		case isWideLetter(r), r >= 0xFF61 && r <= 0xFFDC:
		case r == '．':
			next, _ := utf8.DecodeRune(after)
			if len(before) == 0 || !isDigit(rune(before[len(before)-1])) || !isDigit(next) && !(next >= 0xFF10 && next <= 0xFF19) {
				return 0
			}
		default:
			return 0
		}
	}
	return width.LookupRune(r).Folded()
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
