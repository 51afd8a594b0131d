package segment

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"winnow/internal/shared"
	"winnow/internal/text"
)

func words(t testing.TB, s string) []string {
	var seg Segmenter
	var doc text.Doc
	doc.Reset([]byte(s))
	var out []string
	for _, w := range seg.Words(nil, &doc) {
		out = append(out, s[w.Start:w.End])
	}
	return out
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"我来到北京清华大学", []string{"我", "来到", "北京", "清华大学"}},
		{"研究生命的起源", []string{"研究", "生命", "的", "起源"}},
		{"患者应当每天服药两次。", []string{"患者", "应当", "每天", "服药", "两次", "。"}},
		{"用GPU训练模型", []string{"用", "GPU", "训练", "模型"}},
		{"plain text", []string{"plain", "text"}},
		{"", nil},
		{"龘龘", []string{"龘", "龘"}},
	} {
		if got := words(t, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestHash(t *testing.T) {
	var seg Segmenter
	var doc text.Doc
	doc.Reset([]byte("北京 北京"))
	w := seg.Words(nil, &doc)
	if len(w) != 2 || w[0].Hash != w[1].Hash || w[0].Hash != text.HashWord("北京") || w[0].Kind != text.Han {
		t.Errorf("%+v", w)
	}
}

// FuzzCut: the words of a run are the run.
func FuzzCut(f *testing.F) {
	f.Add([]byte("我来到北京"))
	f.Add([]byte("a\xff中"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var seg Segmenter
		last := 0
		seg.Cut(b, func(start, end int) {
			if start != last || end <= start {
				t.Fatalf("%q: word %d-%d after %d", b, start, end, last)
			}
			last = end
		})
		if last != len(b) {
			t.Fatalf("%q ends at %d", b, last)
		}
	})
}

func BenchmarkWords(b *testing.B) {
	var all []byte
	for line := range strings.Lines(string(shared.Open(b, "bench/zh.jsonl.zst"))) {
		var row struct{ Text string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			b.Fatal(err)
		}
		if all = append(append(all, row.Text...), '\n'); len(all) > 1<<20 {
			break
		}
	}
	var seg Segmenter
	var doc text.Doc
	var out []text.Word
	words(b, "加载")
	b.SetBytes(int64(len(all)))
	for b.Loop() {
		doc.Reset(all)
		out = seg.Words(out[:0], &doc)
	}
}
