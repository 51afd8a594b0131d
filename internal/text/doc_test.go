package text

import (
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func wordsOf(s string) []string {
	var d Doc
	d.Reset([]byte(s))
	var out []string
	for _, w := range d.Words() {
		out = append(out, string(d.Bytes(w)))
	}
	return out
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"The cat's whiskers, don't-touch!", []string{"The", "cat's", "whiskers", ",", "don't-touch", "!"}},
		{"3.14 and 1,000: 12:30.", []string{"3.14", "and", "1,000", ":", "12:30", "."}},
		{"血压120mmHg，很高。", []string{"血", "压", "120mmHg", "，", "很", "高", "。"}},
		{"naïve café — Ünïcode’s", []string{"naïve", "café", "—", "Ünïcode’s"}},
		{"a\xffb", []string{"a", "\xff", "b"}},
		{" \t\n", nil},
		{"ends-", []string{"ends", "-"}},
		{"カタカナ한국어", []string{"カタカナ한국어"}},
	} {
		if got := wordsOf(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestHashIgnoresCase(t *testing.T) {
	var d Doc
	for _, w := range []string{"Straße", "ÉCOLE", "don't", "Привет", "x1"} {
		d.Reset([]byte(w))
		if got := d.Words()[0].Hash; got != HashWord(w) {
			t.Errorf("%q: the Doc's hash is not HashWord", w)
		}
	}
	if HashWord("WORD") != HashWord("word") || HashWord("word") == HashWord("ward") {
		t.Error("hashes do not follow the letters in lower case")
	}
}

// TestCountsAgainstUnicode holds the counts to package unicode on any text.
func TestCountsAgainstUnicode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z0-9 ,.'一-鿿ぁ-んァ-ヶ가-힣а-яА-Я\n]*`)).Draw(t, "text")
		var d Doc
		d.Reset([]byte(s))
		got := d.Counts()
		var want Counts
		for _, r := range s {
			want.Runes++
			switch {
			case unicode.IsSpace(r):
				want.Spaces++
			case unicode.Is(unicode.Han, r):
				want.Han++
				want.Letters++
			case unicode.IsLetter(r):
				want.Letters++
			case unicode.IsDigit(r):
				want.Digits++
			}
			if r == '\n' {
				want.Newlines++
			}
			if r == utf8.RuneError {
				want.Replacement++
			}
		}
		if got.Runes != want.Runes || got.Spaces != want.Spaces || got.Han != want.Han || got.Letters != want.Letters || got.Digits != want.Digits || got.Newlines != want.Newlines || got.Replacement != want.Replacement {
			t.Fatalf("%q: got %+v, want %+v", s, got, want)
		}
		if sum := got.Letters + got.Digits + got.Spaces + got.Punct + got.Other; sum != got.Runes {
			t.Fatalf("%q: the classes add up to %d of %d characters", s, sum, got.Runes)
		}
	})
}

// TestWordsCoverTheText: words are in order, do not overlap, and only white space stands between them.
func TestWordsCoverTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		var d Doc
		d.Reset(b)
		end := int32(0)
		for _, w := range append(slices.Clone(d.Words()), Word{Start: int32(len(b)), End: int32(len(b))}) {
			if w.Start < end {
				t.Fatalf("word at %d begins before %d", w.Start, end)
			}
			for _, r := range string(b[end:w.Start]) {
				if !unicode.IsSpace(r) {
					t.Fatalf("%q stands outside of words", r)
				}
			}
			end = w.End
		}
	})
}

func BenchmarkScan(b *testing.B) {
	for name, s := range map[string]string{
		"en": "The committee, which had met in the spring of 1843, didn't agree with what the well-known engineer had said about the bridge. ",
		"zh": "患者应当按时服药，并注意休息；如果出现不适，请立即就医，不要自行停药，以免病情加重影响治疗效果。",
	} {
		text := make([]byte, 0, 1<<16)
		for len(text) < 1<<16 {
			text = append(text, s...)
		}
		b.Run(name, func(b *testing.B) {
			var d Doc
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				d.Reset(text)
				d.Words()
			}
		})
	}
}
