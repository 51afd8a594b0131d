package datasets

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	unicodeenc "golang.org/x/text/encoding/unicode"
)

//go:generate go run ./internal/encodingtables

// The detector asks how many bits the bytes would cost as text of each encoding's languages, and takes the cheapest. Each model gives every character a
// probability: frequent characters from tables (detecttables.go), everything else by class. Plain ASCII costs the same in all models, so that it
// says nothing; only what is not ASCII decides, together with the ASCII bytes that a double-byte encoding would take for second halves.

// detectSample is how many bytes around characters beyond ASCII are weighed.
const detectSample = 16 << 10

// candidateEncodings are the encodings that are told apart where bytes are neither UTF-8 nor marked.
var candidateEncodings = []struct {
	name string
	enc  encoding.Encoding
	cost func([]rune) float64
}{
	{"gb18030", simplifiedchinese.GB18030, costOf(chineseCost)},
	{"big5", traditionalchinese.Big5, costOf(taiwaneseCost)},
	{"shift_jis", japanese.ShiftJIS, costOf(japaneseCost)},
	{"euc-jp", japanese.EUCJP, costOf(japaneseCost)},
	{"euc-kr", korean.EUCKR, costOf(koreanCost)},
	{"windows-1252", charmap.Windows1252, pairCost(latinModel)},
	{"windows-1251", charmap.Windows1251, pairCost(cyrillicModel)},
	{"koi8-r", charmap.KOI8R, pairCost(cyrillicModel)},
}

// wideEncoding recognises UTF-16 and UTF-32, by byte order mark or by their zero bytes, and UTF-8's mark; "" for everything else.
func wideEncoding(b []byte) string {
	switch {
	case bytes.HasPrefix(b, utf8Mark):
		return "utf-8"
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		return "utf-32le"
	case bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return "utf-32be"
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return "utf-16be"
	}
	head := b[:min(len(b), 4096)&^1]
	var even, odd int
	for i := 0; i < len(head); i += 2 {
		if head[i] == 0 {
			even++
		}
		if head[i+1] == 0 {
			odd++
		}
	}
	switch pairs := len(head) / 2; {
	case pairs < 2:
		return ""
	case odd > pairs/4 && even <= pairs/50:
		return "utf-16le"
	case even > pairs/4 && odd <= pairs/50:
		return "utf-16be"
	}
	return ""
}

// DetectEncoding names the encoding that the bytes are most likely in: UTF-8, UTF-16 and UTF-32, GB18030, Big5, Shift_JIS, EUC-JP, EUC-KR, windows-1252,
// windows-1251 or KOI8-R. Plain ASCII is UTF-8. The bytes may end in the middle of a character.
func DetectEncoding(b []byte) string {
	if name := wideEncoding(b); name != "" {
		return name
	}
	controls := countControls(b)
	if controls <= len(b)/controlShare {
		if valid, invalid := countUTF8(trimPartial(b)); invalid == 0 || valid >= 4 && valid >= 8*invalid {
			return "utf-8"
		}
	}
	// A short stretch settles most files; only close calls are weighed on more.
	best := "utf-8"
	for _, size := range []int{512, 4 << 10, detectSample} {
		var margin float64
		best, margin = cheapest(b, size, controls > len(b)/controlShare)
		if margin > 150 || size >= len(b) {
			break
		}
	}
	return best
}

// controlShare: where more than one byte in 20 is a control character, the bytes are halves of UTF-16 (04 of Cyrillic, 06 of Arabic, 00 of ASCII).
const controlShare = 20

func countControls(b []byte) int {
	n := 0
	for _, c := range b {
		if c < 0x09 || c > 0x0d && c < 0x20 && c != 0x1b {
			n++
		}
	}
	return n
}

// cheapest weighs up to size bytes and returns the cheapest encoding and by how many bits it is ahead of the next.
func cheapest(b []byte, size int, onlyWide bool) (best string, margin float64) {
	best = "utf-8"
	var first, second float64
	n := 0
	consider := func(name string, cost float64) {
		switch n++; {
		case n == 1:
			best, first, second = name, cost, cost+1e9
		case cost < first:
			best, first, second = name, cost, first
		case cost < second:
			second = cost
		}
	}
	sample := beyondASCII(b, size)
	if !onlyWide {
		for _, c := range candidateEncodings {
			if text, err := c.enc.NewDecoder().Bytes(sample); err == nil {
				consider(c.name, c.cost([]rune(string(text))))
			}
		}
	}
	// UTF-16 of scripts without zero bytes: its lines cannot be told by their bytes, so it is weighed on a sample of its own, in proportion.
	if wide := b[:min(len(b), size)&^1]; len(wide) > 0 {
		share := float64(len(sample)) / float64(len(wide))
		if onlyWide {
			share = 1
		}
		for _, order := range []struct {
			name   string
			endian unicodeenc.Endianness
		}{{"utf-16le", unicodeenc.LittleEndian}, {"utf-16be", unicodeenc.BigEndian}} {
			if text, err := unicodeenc.UTF16(order.endian, unicodeenc.IgnoreBOM).NewDecoder().Bytes(wide); err == nil {
				consider(order.name, share*costOf(anyCost)([]rune(string(text))))
			}
		}
	}
	return best, second - first
}

// countUTF8 counts the characters beyond ASCII that are well-formed UTF-8, and the bytes that are not.
func countUTF8(b []byte) (valid, invalid int) {
	if utf8.Valid(b) {
		for i := 0; i < len(b); i++ {
			if b[i] >= 0xC0 {
				valid++
			}
		}
		return valid, 0
	}
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			invalid++
		} else {
			valid++
		}
		i += n
	}
	return valid, invalid
}

// trimPartial takes a multi-byte character that is cut off by the end of b away.
func trimPartial(b []byte) []byte {
	for k := 1; k <= 3 && k <= len(b); k++ {
		c := b[len(b)-k]
		if c >= 0xC0 {
			if !utf8.FullRune(b[len(b)-k:]) {
				return b[:len(b)-k]
			}
			break
		}
		if c < 0x80 {
			break
		}
	}
	return b
}

// beyondASCII returns the first lines that hold bytes beyond ASCII, up to size bytes.
func beyondASCII(b []byte, size int) []byte {
	var out []byte
	for line := range bytes.Lines(b) {
		if len(out) >= size {
			break
		}
		for i, c := range line {
			if c >= utf8.RuneSelf {
				from := max(0, i-64)
				out = append(out, line[from:min(len(line), from+size)]...)
				break
			}
		}
	}
	return out
}
