package tokenize

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"

	"winnow/internal/shared"
)

// smallFiles are tokenizer.json files of every model type, small enough to mutate.
func smallFiles(t testing.TB) [][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/small/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in testdata/small (%v)", err)
	}
	var out [][]byte
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// FuzzParse: no file makes Parse or the encoders panic, and the two encoders agree.
func FuzzParse(f *testing.F) {
	for _, data := range smallFiles(f) {
		f.Add(data, "Hello, wörld! 中文  12\n\r\n\u0301a")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		tok, err := Parse(data)
		if err != nil {
			return
		}
		e := tok.Encoder()
		ids := e.Encode(nil, []byte(text))
		again, spans := e.EncodeSpans([]byte(text))
		if !slices.Equal(ids, again) || len(ids) != len(spans) {
			t.Errorf("Encode gives %v, EncodeSpans %v with %d spans", ids, again, len(spans))
		}
		for _, id := range ids {
			if int(id) >= tok.VocabSize() {
				t.Errorf("id %d lies outside the vocabulary of %d", id, tok.VocabSize())
			}
		}
		e.EncodeSpecial([]byte(text))
		tok.Decode(ids, true)
	})
}

// FuzzEncode: a byte-level vocabulary gives every text back, with invalid UTF-8 replaced as Rust and Python do, and spans cover the text in order.
func FuzzEncode(f *testing.F) {
	texts := madeTexts(60, 3)
	tok, err := TrainBPE(context.Background(), TrainOptions{VocabSize: 600, Special: []string{"<s>"}}, asBytes(texts))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range append(oddTexts(40, 5, []string{"<s>"}), texts[:3]...) {
		f.Add([]byte(s))
	}
	f.Add([]byte("\xff\xe2\x82a\xf0\x9f\x92\xc0\xaf\xed\xa0\x80"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e := tok.Encoder()
		want := string(text)
		if !utf8.Valid(text) {
			want = string(appendValid(nil, text))
		}
		for _, ids := range [][]uint32{e.Encode(nil, text), e.EncodePlain(nil, text)} {
			if got := tok.Decode(ids, false); got != want {
				t.Errorf("%q comes back as %q", want, got)
			}
		}
		if ids := e.EncodePlain(nil, text); slices.Contains(ids, 0) {
			t.Errorf("EncodePlain gave a special token for %q", text)
		}
		ids, spans := e.EncodeSpans(text)
		if !slices.Equal(ids, e.Encode(nil, text)) {
			t.Errorf("Encode and EncodeSpans differ on %q", text)
		}
		end := int32(0)
		for i, s := range spans {
			if s[0] > end || s[1] < end || s[0] >= s[1] {
				t.Fatalf("span %d of %q is %v after %d", i, text, s, end)
			}
			end = s[1]
		}
		if int(end) != len(want) {
			t.Errorf("spans of %q end at %d of %d", want, end, len(want))
		}
	})
}

// FuzzRegex: no expression makes the compiler or the matcher panic, and matches cover the text.
func FuzzRegex(f *testing.F) {
	for _, p := range []string{patternGPT2, patternGPT4, `[^\r\n\p{L}]?+\p{Lu}*|(?<=a)b|(?!c)d{1,3}?|[[:alpha:]&&[^x]]`, `(?i:ab|c)+?$|^\x41`, `(?>a+)b|\bx\B`} {
		f.Add(p, "It's a  TEST\n\n 1234 żółć中文 ab")
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 60 || len(text) > 200 || !utf8.ValidString(expr) || !utf8.ValidString(text) {
			return
		}
		p, err := compileRegex(expr)
		if err != nil {
			return
		}
		var joined []byte
		for _, m := range p.matches(nil, []byte(text)) {
			if m.start != len(joined) {
				t.Fatalf("a match starts at %d, after %d bytes", m.start, len(joined))
			}
			joined = append(joined, text[m.start:m.end]...)
		}
		if string(joined) != text {
			t.Errorf("matches of %q cover %q of %q", expr, joined, text)
		}
	})
}

// TestRegexEqualsScanners runs the patterns that have a scanner through the matcher.
func TestRegexEqualsScanners(t *testing.T) {
	initClasses()
	for _, expr := range []string{patternGPT2, patternGPT4, patternQwen} {
		p, err := compileRegex(expr)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range append(oddTexts(2000, 11, nil), madeTexts(50, 12)...) {
			got := p.matches(nil, []byte(text))
			want := scanPattern{scannerFor(expr)}.matches(nil, []byte(text))
			if !slices.Equal(got, want) {
				t.Fatalf("%s on %q:\nmatcher %v\nscanner %v", expr, text, got, want)
			}
		}
	}
}

// TestLongWords: words of a megabyte take linear time, and backtracking equals merging.
func TestLongWords(t *testing.T) {
	tok, err := Load(shared.File(t, "tokenizers/gpt2/tokenizer.json.zst"))
	if err != nil {
		t.Fatal(err)
	}
	e := tok.Encoder()
	for _, unit := range []string{"a", "ab", "=", "ha", "中", "aA1b", "abcdefghijklmnopqrstuvwxyz"} {
		long := bytes.Repeat([]byte(unit), 1<<20/len(unit))
		if got := tok.Decode(e.Encode(nil, long), false); got != string(long) {
			t.Errorf("a megabyte of %q comes back changed", unit)
		}
	}
	p := tok.model.(*bpe)
	for _, s := range append(madeTexts(40, 4), oddTexts(400, 6, nil)...) {
		word := []byte(s)
		if len(word) == 0 {
			continue
		}
		got, ok := p.backtrack(e, nil, word)
		p.symbols(&e.run, word)
		p.merge(&e.run)
		if !ok || !slices.Equal(got, e.run.id) {
			t.Fatalf("%q: backtracking gives %v, merging %v", word, got, e.run.id)
		}
	}
}
