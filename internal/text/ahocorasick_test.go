package text

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winnow/internal/shared"
)

// occurrences finds what Find should find, word by word.
func occurrences(words []string, text string) []string {
	var out []string
	seen := map[string]bool{}
	for i, w := range words {
		if w == "" || seen[w] {
			continue
		}
		seen[w] = true
		for at := 0; at+len(w) <= len(text); at++ {
			if text[at:at+len(w)] == w {
				out = append(out, fmt.Sprintf("%d-%d:%d", at, at+len(w), i))
			}
		}
	}
	slices.Sort(out)
	return out
}

func found(m *Matcher, text string) []string {
	var out []string
	m.Find([]byte(text), func(s, e, w int) bool {
		out = append(out, fmt.Sprintf("%d-%d:%d", s, e, w))
		return true
	})
	slices.Sort(out)
	return out
}

func TestMatcher(t *testing.T) {
	for _, c := range []struct {
		words []string
		text  string
	}{
		{[]string{"he", "she", "his", "hers"}, "ushers and his she"},
		{[]string{"中国", "国人", "中国人民", "人"}, "中国人民和国人"},
		{[]string{"a", "", "aa", "aaa"}, "aaaa"},
		{nil, "text"},
		{[]string{"x"}, ""},
		{[]string{"\xff\x00", "\x00"}, "a\xff\x00\x00"},
	} {
		if got, want := found(NewMatcher(c.words, false), c.text), occurrences(c.words, c.text); !slices.Equal(got, want) {
			t.Errorf("%q in %q: %v, want %v", c.words, c.text, got, want)
		}
	}
	if got := found(NewMatcher([]string{"Read More"}, true), "read MORE"); len(got) != 1 {
		t.Errorf("folded: %v", got)
	}
}

func FuzzMatcher(f *testing.F) {
	f.Add("he,she,hers", "ushers")
	f.Add("ab,abc,bcd,cd", "abcdabcd")
	f.Fuzz(func(t *testing.T, list, text string) {
		words := strings.Split(list, ",")
		if len(text) > 1000 || len(words) > 50 {
			return
		}
		if got, want := found(NewMatcher(words, false), text), occurrences(words, text); !slices.Equal(got, want) {
			t.Errorf("%q in %q: %v, want %v", words, text, got, want)
		}
	})
}

// benchText returns about 1 MB of a bench corpus.
func benchText(b testing.TB, lang string) []byte {
	var text []byte
	for line := range strings.Lines(string(shared.Open(b, "bench/"+lang+".jsonl.zst"))) {
		var row struct{ Text string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			b.Fatal(err)
		}
		if text = append(append(text, row.Text...), '\n'); len(text) > 1<<20 {
			break
		}
	}
	return text
}

func BenchmarkMatcher(b *testing.B) {
	var words []string
	for line := range strings.Lines(string(shared.Open(b, "data/language/jieba_dict.txt.zst"))) {
		if w, _, _ := strings.Cut(line, " "); len(w) >= 12 && len(words) < 4000 {
			words = append(words, w)
		}
	}
	m := NewMatcher(words, true)
	for _, lang := range []string{"en", "zh"} {
		text := benchText(b, lang)
		b.Run(lang, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Find(text, func(int, int, int) bool { return true })
			}
		})
	}
}

// TestMatcherAtEdges: of the words that begin at the edge of a word none is missed.
func TestMatcherAtEdges(t *testing.T) {
	words := []string{"home", "me", "om", "©", "中", "log in", "in", "1"}
	plain, edges := NewMatcher(words, true), NewMatcher(words, true).AtEdges()
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringMatching(`([HhOoMmEe©中 1]|log in|home){0,20}`).Draw(t, "text"))
		atEdge := func(m *Matcher) (out []string) {
			m.Find(b, func(s, e, w int) bool {
				if s == 0 || !edges.inner[b[s]] || !edges.inner[b[s-1]] {
					out = append(out, fmt.Sprintf("%d-%d:%d", s, e, w))
				}
				return true
			})
			return out
		}
		if got, want := atEdge(edges), atEdge(plain); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", b, got, want)
		}
	})
}
