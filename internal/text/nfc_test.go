package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TestNFCTable holds the table against x/text for every code point, alone and beside every kind of neighbour that could combine with it.
func TestNFCTable(t *testing.T) {
	easy := 0
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		b := utf8.AppendRune(nil, r)
		if EasyNFC(b) != len(b) {
			continue
		}
		easy++
		p := norm.NFC.Properties(b)
		if !norm.NFC.IsNormal(b) || p.CCC() != 0 || p.TrailCCC() != p.CCC() && len(p.Decomposition()) == 0 || !p.BoundaryBefore() {
			t.Errorf("U+%04X is taken for easy, and x/text says ccc %d, decomposition %x, normal %v", r, p.CCC(), p.Decomposition(), norm.NFC.IsNormal(b))
		}
	}
	if easy < 0x9FFF-0x4E00 {
		t.Errorf("only %d characters are easy", easy)
	}
}

func TestNFC(t *testing.T) {
	for _, s := range []string{"", "plain", "中文，全角ＡＢＣ。", "café", "e\u0301tude", "a\u0327\u0301", "가각", "\u1100\u1161", "é\u0301", "中\u302A文", "\u212B", "豈", "ｶﾞ", "क़", "x\u0338", "≠\u0338",
		strings.Repeat("长", 100) + "e\u0301"} {
		got, changed := NFC([]byte(s))
		if want := norm.NFC.String(s); string(got) != want || changed != (want != s) {
			t.Errorf("%+q: got %+q (%v), want %+q", s, got, changed, want)
		}
	}
}

func FuzzNFC(f *testing.F) {
	for _, s := range []string{"e\u0301", "中\u302A", "\u1100\u1161\u11a8", "\xff\xc2", "한글", "a\u0327\u0301\u0345"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, changed := NFC([]byte(s))
		if want := norm.NFC.String(s); utf8.ValidString(s) && (string(got) != want || changed != (want != s)) {
			t.Errorf("%+q: got %+q (%v), want %+q", s, got, changed, want)
		}
	})
}

func BenchmarkNFC(b *testing.B) {
	for _, c := range []struct{ name, text string }{{"en", "It is a truth universally acknowledged, that a single man must want. "}, {"zh", "第一条　为了规范劳动关系，保护劳动者的合法权益，制定本法。"}} {
		text := []byte(strings.Repeat(c.text, 1000))
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				NFC(text)
			}
		})
	}
}
