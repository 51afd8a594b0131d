package dedup

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"winnow/filters/filtertest"
	"winnow/internal/shared"
	"winnow/internal/text"
)

// planted is a row with what it is a copy of.
type planted struct {
	text string
	of   int // the row copied; −1 of a clean row
	near bool
}

var fill = map[string][]string{"en": strings.Fields("however indeed many often rather new old said perhaps again never small water being under"),
	"zh": strings.Split("的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后", "")}

// corpus takes about size bytes of the bench texts and plants exact copies (5 %) and near copies (10 %) with low to high of the words, in Chinese of the
// characters, replaced, doubled or left out.
func corpus(t testing.TB, lang string, size int, low, high float64) []planted {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(size), 7))
	var texts []string
	for line := range strings.Lines(string(shared.Open(t, "bench/"+lang+".jsonl.zst"))) {
		var row struct{ Text string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, row.Text)
	}
	r.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	var out []planted
	var clean []int
	for total, next := 0, 0; total < size && next < len(texts); {
		p := planted{of: -1}
		switch x := r.Float64(); {
		case len(clean) > 0 && x < 0.05:
			p.of = clean[r.IntN(len(clean))]
			p.text = out[p.of].text
		case len(clean) > 0 && x < 0.15:
			p.of, p.near = clean[r.IntN(len(clean))], true
			p.text = edit(r, out[p.of].text, lang, low+(high-low)*r.Float64())
		default:
			p.text = texts[next]
			next++
			clean = append(clean, len(out))
		}
		total += len(p.text)
		out = append(out, p)
	}
	return out
}

func edit(r *rand.Rand, s, lang string, rate float64) string {
	units, sep := strings.Split(s, " "), " "
	if lang == "zh" {
		units, sep = strings.Split(s, ""), ""
	}
	words := fill[lang]
	for range max(1, int(rate*float64(len(units))+0.5)) {
		i := r.IntN(len(units))
		switch k := r.IntN(5); k {
		case 0:
			units[i] = ""
		case 1:
			units[i] += sep + words[r.IntN(len(words))]
		default:
			units[i] = words[r.IntN(len(words))]
		}
	}
	return strings.Join(units, sep)
}

// sets returns the sorted shingles of texts.
func sets(rows []planted, words, han int) [][]uint32 {
	var s shingler
	var d text.Doc
	out := make([][]uint32, len(rows))
	for i, p := range rows {
		d.Reset([]byte(p.text))
		h := slices.Clone(s.shingles(&d, words, han))
		slices.Sort(h)
		out[i] = slices.Compact(h)
	}
	return out
}

func overlap(x, y []uint32) float64 {
	common, i, j := 0, 0, 0
	for i < len(x) && j < len(y) {
		switch {
		case x[i] == y[j]:
			common++
			i, j = i+1, j+1
		case x[i] < y[j]:
			i++
		default:
			j++
		}
	}
	return float64(common) / float64(len(x)+len(y)-common)
}

// TestQualityDedup plants copies. A clean row that goes is wrong when a strict judge, who compares shingles of 5 words or 8 characters, sees no other row that
// is half the same: many clean rows are pages from one template.
func TestQualityDedup(t *testing.T) {
	size := 1_500_000
	if os.Getenv("WINNOW_FULL_SETS") != "" {
		size = 4_000_000
	}
	for _, c := range []struct {
		lang, preset string
		similarity   float64 // 0: the preset's
		low, high    float64 // share of words changed
		from         float64 // similarity from which copies must be found
		wrong        int     // clean rows that may go
	}{
		{"en", "copies", .8, .005, .04, .8, 20},
		{"zh", "copies", .8, .005, .04, .8, 5},
		{"en", "copies", .7, .005, .04, .7, 20},
		{"zh", "copies", .7, .005, .04, .7, 5},
		{"en", "rewrites", 0, .02, .10, 0, 20},
		{"zh", "rewrites", 0, .02, .10, 0, 5},
	} {
		t.Run(fmt.Sprintf("%s %s %g", c.lang, c.preset, c.similarity), func(t *testing.T) {
			rows := corpus(t, c.lang, size, c.low, c.high)
			records := make([]filtertest.Record, len(rows))
			for i, p := range rows {
				records[i] = filtertest.Record{ID: fmt.Sprint(i), Source: "bench", Text: p.text}
			}
			d := newDedup(func(d *Dedup) { d.Preset, d.Similarity = c.preset, c.similarity })
			out := survey(t, d, filtertest.NewSet(t, nil, 4, records))
			own, judge := sets(rows, d.plan.words, d.plan.han), sets(rows, 5, 8)
			var exact, exactFound, near, nearFound, clean, template, wrong, dropped int
			for i, p := range rows {
				gone := out.Rows[i].Reason != ""
				if gone {
					dropped++
				}
				switch {
				case p.of < 0:
					clean++
					if !gone {
						continue
					}
					best := 0.0
					for j := range rows {
						if j != i {
							best = max(best, overlap(judge[i], judge[j]))
						}
					}
					if best < .5 {
						wrong++
					} else {
						template++
					}
				case !p.near:
					exact++
					if gone {
						exactFound++
					}
				case overlap(own[i], own[p.of]) >= c.from:
					near++
					if gone {
						nearFound++
					}
				}
			}
			recall, precision := float64(nearFound)/float64(near), 1-float64(wrong)/float64(dropped)
			t.Logf("exact %d of %d, near copies %d of %d = %.4f, of %d clean rows %d templates and %d others dropped, precision %.4f", exactFound, exact, nearFound, near, recall, clean,
				template, wrong, precision)
			if exactFound != exact {
				t.Errorf("%d of %d exact copies were found", exactFound, exact)
			}
			if recall < .95 {
				t.Errorf("recall %.4f, want .95", recall)
			}
			if wrong > c.wrong {
				t.Errorf("%d clean rows were dropped, at most %d may be", wrong, c.wrong)
			}
			if c.from >= .8 && precision < .99 {
				t.Errorf("precision %.4f, want .99", precision)
			}
		})
	}
}

// BenchmarkSignatures measures words, shingles and the signature of the default preset.
func BenchmarkSignatures(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		b.Run(lang, func(b *testing.B) {
			rows := corpus(b, lang, 4_000_000, 0, 0)
			d := newDedup(nil)
			if err := d.Prepare(b.Context(), &filtertest.Env{}); err != nil {
				b.Fatal(err)
			}
			var doc text.Doc
			var s scratch
			s.signature = make([]uint32, len(d.plan.mix))
			total := 0
			for _, p := range rows {
				total += len(p.text)
			}
			b.SetBytes(int64(total))
			for b.Loop() {
				for _, p := range rows {
					doc.Reset([]byte(p.text))
					signature(s.signature, d.plan.mix, s.shingler.shingles(&doc, d.plan.words, d.plan.han))
				}
			}
		})
	}
}

// BenchmarkDecontaminate measures a search of long texts for a set that they do not hold.
func BenchmarkDecontaminate(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		b.Run(lang, func(b *testing.B) {
			rows := corpus(b, lang, 4_000_000, 0, 0)
			half := len(rows) / 2
			var items []string
			for _, p := range rows[half:] {
				if p.of < 0 {
					items = append(items, p.text)
				}
			}
			d := &Decontaminate{}
			d.Against, d.Mode, d.Threshold, d.Shortest = []string{"x"}, "any", .5, 5
			if err := d.Prepare(b.Context(), itemsOf(b, items...)); err != nil {
				b.Fatal(err)
			}
			var doc text.Doc
			var s shingler
			total := 0
			for _, p := range rows[:half] {
				total += len(p.text)
			}
			b.SetBytes(int64(total))
			for b.Loop() {
				for _, p := range rows[:half] {
					doc.Reset([]byte(p.text))
					d.index.first(s.wordsOf(&doc))
				}
			}
		})
	}
}
