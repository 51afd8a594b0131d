package privacy

import (
	"sort"
	"strings"
	"testing"

	"winnow/internal/corpus"
	"winnow/internal/shared"
)

type truth struct {
	text  string
	lang  string
	neg   string
	spans []Span
}

// readTruth reads the labelled rows; spans are turned from code points into bytes.
func readTruth(t testing.TB) []truth {
	rows, err := corpus.JSONL(shared.Dir(t), "data/pii/pii.jsonl.zst")
	if err != nil {
		t.Fatal(err)
	}
	var out []truth
	for _, r := range rows {
		x := truth{text: r["text"].(string), lang: r["lang"].(string)}
		x.neg, _ = r["neg"].(string)
		offsets := []int{}
		for i := range x.text {
			offsets = append(offsets, i)
		}
		offsets = append(offsets, len(x.text))
		for _, s := range r["spans"].([]any) {
			s := s.([]any)
			kinds, err := parseKinds([]string{s[0].(string)})
			if err != nil {
				t.Fatal(err)
			}
			for k := range numKinds {
				if kinds.has(k) {
					x.spans = append(x.spans, Span{offsets[int(s[1].(float64))], offsets[int(s[2].(float64))], k})
				}
			}
		}
		out = append(out, x)
	}
	return out
}

func TestQualityPII(t *testing.T) {
	s := NewScanner()
	var right, wanted, found [numKinds]int
	shown := map[string]int{}
	show := func(key, text string) {
		if shown[key]++; shown[key] <= 4 {
			t.Logf("%s: %s", key, strings.TrimSpace(text))
		}
	}
	for _, row := range readTruth(t) {
		got := s.Scan([]byte(row.text))
		for _, w := range row.spans {
			wanted[w.Kind]++
			hit := false
			for _, g := range got {
				hit = hit || g == w
			}
			if hit {
				right[w.Kind]++
			} else {
				show("missed "+w.Kind.String(), row.text)
			}
		}
		for _, g := range got {
			found[g.Kind]++
			hit := false
			for _, w := range row.spans {
				hit = hit || g == w
			}
			if !hit {
				show("wrong "+g.Kind.String()+" "+row.neg, row.text+" -> "+row.text[g.Start:g.End])
			}
		}
	}
	var all [3]int
	for k := range numKinds {
		all[0] += right[k]
		all[1] += wanted[k]
		all[2] += found[k]
		if wanted[k] == 0 {
			continue
		}
		recall, precision := float64(right[k])/float64(wanted[k]), float64(right[k])/float64(found[k])
		t.Logf("%-16s recall %.4f precision %.4f of %d", k, recall, precision, wanted[k])
		if recall < .98 || precision < .99 {
			t.Errorf("%s: recall %.4f, precision %.4f; want .98 and .99", k, recall, precision)
		}
	}
	t.Logf("all: recall %.4f precision %.4f", float64(all[0])/float64(all[1]), float64(all[0])/float64(all[2]))
}

func TestGoodTextPII(t *testing.T) {
	dir := shared.Dir(t)
	s := NewScanner()
	for _, set := range corpus.Sets() {
		texts, err := set.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		examples := map[string][]string{}
		bytes := 0
		for _, x := range texts {
			bytes += len(x)
			for _, g := range s.Scan([]byte(x)) {
				counts[g.Kind.String()]++
				if e := examples[g.Kind.String()]; len(e) < 8 {
					examples[g.Kind.String()] = append(e, x[max(0, g.Start-12):min(len(x), g.End+3)])
				}
			}
		}
		var keys []string
		for k := range counts {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			t.Logf("%s %d rows %d bytes: %s %d %q", set.Name, len(texts), bytes, k, counts[k], examples[k])
		}
	}
}

func BenchmarkScan(b *testing.B) {
	for _, name := range []string{"bench-en", "bench-zh", "tatqa-en"} {
		b.Run(name, func(b *testing.B) {
			set, _ := corpus.Find(name)
			texts, err := set.Read(shared.Dir(b))
			if err != nil {
				b.Fatal(err)
			}
			var rows [][]byte
			n := 0
			for _, x := range texts {
				rows = append(rows, []byte(x))
				n += len(x)
			}
			s := NewScanner()
			b.SetBytes(int64(n))
			b.ResetTimer()
			for range b.N {
				for _, r := range rows {
					s.Scan(r)
				}
			}
		})
	}
}
