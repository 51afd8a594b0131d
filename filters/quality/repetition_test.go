package quality

import (
	"math"
	"strings"
	"testing"

	"winnow/internal/text"
)

// wordsAndAddresses returns the words of a text; an address is one.
func wordsAndAddresses(doc *text.Doc) []text.Word {
	var words []text.Word
	end := 0
	for _, w := range doc.Words() {
		if int(w.Start) < end || w.Kind == text.Punct {
			continue
		}
		if s := strings.ToLower(string(doc.Bytes(w))); (s == "http" || s == "https") && strings.HasPrefix(string(doc.Text()[w.End:]), "://") {
			rest := string(doc.Text()[w.End+3:])
			if n := strings.IndexFunc(rest, func(r rune) bool { return r <= ' ' || r >= 0x80 || strings.ContainsRune(")]}<>\"'|`", r) }); n >= 0 {
				rest = rest[:n]
			}
			end = int(w.End) + 3 + len(rest)
			w.End = int32(end)
		}
		words = append(words, w)
	}
	return words
}

// slowDuplicates is the definition of the duplicate n-grams, word for word.
func slowDuplicates(doc *text.Doc, n int) float64 {
	var words []string
	for _, w := range wordsAndAddresses(doc) {
		words = append(words, strings.ToLower(string(doc.Bytes(w))))
	}
	seen := map[string]bool{}
	chars := 0
	for i := 0; i+n <= len(words); {
		gram := strings.Join(words[i:i+n], "\x00")
		if seen[gram] {
			chars += len([]rune(strings.Join(words[i:i+n], "")))
			i += n
		} else {
			seen[gram] = true
			i++
		}
	}
	return float64(chars) / float64(doc.Counts().Runes)
}

// slowTop is the share of the most frequent n-gram, the first of equals, counted from two occurrences on.
func slowTop(doc *text.Doc, n int) float64 {
	words := wordsAndAddresses(doc)
	counts := map[string]int{}
	best, length := 1, 0
	for i := 0; i+n <= len(words); i++ {
		gram, spaced := "", ""
		for k := i; k < i+n; k++ {
			w := strings.ToLower(string(doc.Bytes(words[k])))
			gram += w + "\x00"
			if k > i && !(words[k].Kind == text.Han && words[k-1].Kind == text.Han) {
				spaced += " "
			}
			spaced += w
		}
		if counts[gram]++; counts[gram] > best {
			best, length = counts[gram], len([]rune(spaced))
		}
	}
	if best < 2 {
		return 0
	}
	return math.Min(1, float64(length*best)/float64(doc.Counts().Runes))
}

// TestRepetitionAgreesWithDefinition compares the pass over the words that may repeat with the definitions of the measures.
func TestRepetitionAgreesWithDefinition(t *testing.T) {
	var m repeats
	var doc text.Doc
	texts := append(sample(readSet(t, "bench-en"), 60), sample(readSet(t, "bench-zh"), 60)...)
	texts = append(texts, strings.Repeat("one two three four five six seven. ", 9), "a a a a a a a a a a a a b", "x", strings.Repeat("买买买。", 30), "a b c d e f a b c d e a b c d e f")
	for _, s := range texts {
		doc.Reset([]byte(s))
		got := *m.measure(&doc, 2, false)
		for n := 5; n <= 10; n++ {
			if want := slowDuplicates(&doc, n); math.Abs(got[duplicate5+n-5]-want) > 1e-12 {
				t.Fatalf("duplicate %d-grams: %v, by definition %v: %.100q", n, got[duplicate5+n-5], want, s)
			}
		}
		for n := 2; n <= 4; n++ {
			if want := slowTop(&doc, n); math.Abs(got[top2+n-2]-want) > 1e-12 {
				t.Fatalf("top %d-gram: %v, by definition %v: %.100q", n, got[top2+n-2], want, s)
			}
		}
	}
}
