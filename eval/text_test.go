package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"winnow/filters"
	"winnow/filters/filtertest"
)

// TestChrF holds chrF against sacrebleu 2.6.0 (CHRF(word_order=0).sentence_score).
func TestChrF(t *testing.T) {
	for _, c := range []struct {
		answer, reference string
		want              float64
	}{
		{"the cat sat on the mat", "the cat sat on the mat", 100},
		{"the cat sat on a mat", "the cat sat on the mat", 65.97965990995549},
		{"the bat", "the cat sat on the mat", 10.5625025712373},
		{"", "abc", 0},
		{"abc", "", 0},
		{"abc", "xyz", 0},
		{"ab", "abc", 63.636363636363626}, // by hand: orders 1 and 2, precision 1, recall (2/3 + 1/2) / 2 = 7/12, F2 = 5 · 7/12 / (4 + 7/12)
		{"我喜欢喝茶", "我爱喝绿茶", 12},
		{"今天天气很好。", "今天的天气非常好。", 18.207605029132164},
		{"a  b\tc d", "abcd", 100},
		{"aaaa", "aa", 78.12499999999999},
		{"Hello, World!", "hello world", 35.90324905160062},
	} {
		near(t, fmt.Sprintf("chrF of %q against %q", c.answer, c.reference), countChrF(c.answer, c.reference).score(), c.want, 1e-9)
	}
}

// TestMacroF1 holds macro-F1 against values worked out by hand, as scikit-learn's f1_score(average="macro") gives them where every label occurs as truth.
func TestMacroF1(t *testing.T) {
	items := []Item{{0, 0}, {0, 0}, {0, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 2}, {2, 0}}
	// F1 of 0: 2·2/(3+3), of 1: 2·1/(2+2), of 2: 2·2/(3+3)
	near(t, "macro-F1", macroF1(items), (4.0/6+2.0/4+4.0/6)/3, 1e-12)
	near(t, "accuracy", accuracy(items), 5.0/8, 1e-12)
	near(t, "macro-F1 of one label always said", macroF1([]Item{{0, 0}, {0, 0}, {0, 0}, {1, 0}}), (6.0/7+0)/2, 1e-12)
}

func TestRepeats(t *testing.T) {
	repeated, total := repeats([]int32{1, 2, 3, 4, 1, 2, 3, 4})
	if repeated != 1 || total != 5 { // 1234 2341 3412 4123 1234
		t.Errorf("%v of %v 4-grams", repeated, total)
	}
	if shareOf([]Item{{0, 0}}) != 0 {
		t.Error("nothing written must not divide by zero")
	}
}

func TestRowsOnSpreads(t *testing.T) {
	var texts []string
	for i := range 97 {
		texts = append(texts, fmt.Sprint(i))
	}
	env := newEnv(map[string]string{"file": strings.Join(texts, "\n")}, texts...)
	for _, on := range []string{"validation", "file"} {
		for _, limit := range []int{1, 2, 10, 96, 97, 200} {
			var got []int
			err := rowsOn(t.Context(), env, on, nil, limit, func(r *filters.Row) error {
				var n int
				_, err := fmt.Sscan(string(r.Text()), &n)
				got = append(got, n)
				return err
			})
			if err != nil || len(got) != min(limit, 97) || got[0] != 0 || !slices.IsSorted(got) {
				t.Errorf("%s, limit %d: %v, rows %v", on, limit, err, got)
			}
			for i := 1; i < len(got); i++ {
				if gap := float64(got[i] - got[i-1]); math.Abs(gap-math.Max(1, 97/float64(limit))) >= 1 {
					t.Errorf("%s, limit %d: rows %d and %d follow each other", on, limit, got[i-1], got[i])
				}
			}
		}
	}
	every := 0
	id := filtertest.Row("", nil).ID // all rows of the test carry it
	if err := rowsOn(t.Context(), env, "file", filters.IDs{id: true}, 10, func(*filters.Row) error { every++; return nil }); err != nil || every != 0 {
		t.Errorf("%d rows that except names, %v", every, err)
	}
	stop := errors.New("stop")
	calls := 0
	if err := rowsOn(t.Context(), env, "validation", nil, 97, func(*filters.Row) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("after %d rows: %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := rowsOn(ctx, env, "validation", nil, 97, func(*filters.Row) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestSpread(t *testing.T) {
	list := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	if got := spread(list, 4); !slices.Equal(got, []int{0, 2, 5, 7}) {
		t.Errorf("four of ten: %v", got)
	}
	if got := spread(list, 10); !slices.Equal(got, list) {
		t.Errorf("ten of ten: %v", got)
	}
}

// TestPerplexity compares with the sum of log-probabilities from plain logits, for texts shorter and longer than what the model sees at once.
func TestPerplexity(t *testing.T) {
	m := tinyModel(t)
	m.Length = 16
	texts := []string{"A short one.", "This text is longer than sixteen tokens, and so it is cut into windows.", "第三行"}
	var nats, tokens, bytes float64
	for _, text := range texts {
		all := append([]int32{256}, byteCodec{}.Text(text)...)
		for start := 0; start < len(all); start += 16 {
			w := all[start:min(start+16, len(all))]
			if len(w) > 1 {
				nats -= sumOf(direct(m, w))
				tokens += float64(len(w) - 1)
			}
		}
		bytes += float64(len(text))
	}
	r, err := measured(t, "perplexity", m, newEnv(nil, texts...), func(p *Perplexity) {})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "perplexity", find(t, r, "perplexity.validation").Value/math.Exp(nats/tokens), 1, 1e-5)
	near(t, "bits per byte", find(t, r, "bits_per_byte.validation").Value, nats/math.Ln2/bytes, 1e-4)
	if r.Figures[0].N != 3 || r.Figures[0].Low > r.Figures[0].Value || r.Figures[0].High < r.Figures[0].Value {
		t.Errorf("%+v", r.Figures[0])
	}
	_, err = measured(t, "perplexity", m, newEnv(nil), func(p *Perplexity) {})
	wantError(t, err, "validation", "no row")
	files := map[string]string{"a/text.jsonl": "some text", "b/text.jsonl": "other text"}
	_, err = measured(t, "perplexity", m, newEnv(files), func(p *Perplexity) { p.On = []string{"a/text.jsonl", "b/text.jsonl"} })
	wantError(t, err, "perplexity.text", "rename")
}

// TestClassify compares the chosen labels with likelihoods computed one by one.
func TestClassify(t *testing.T) {
	m := tinyModel(t)
	labels := []string{"neutral", "no", "yes indeed"} // as sorted
	var rows []string
	for i := range 30 {
		rows = append(rows, fmt.Sprintf("question %d of many|%s", i*i, labels[i%3]))
	}
	r, err := measured(t, "classify", m, newEnv(nil, rows...), func(c *Classify) {})
	if err != nil {
		t.Fatal(err)
	}
	f := find(t, r, "classify.accuracy")
	slices.Sort(labels)
	for i, row := range rows {
		prompt, _, _ := strings.Cut(row, "|")
		best, at := math.Inf(-1), -1
		for k, l := range labels {
			lp := direct(m, append(append([]int32{256}, byteCodec{}.Text(prompt)...), byteCodec{}.Text(l)...))
			if s := sumOf(lp[len(prompt):]) / float64(len(l)); s > best {
				best, at = s, k
			}
		}
		if f.Items[i][1] != float64(at) {
			t.Errorf("row %d: label %v, by single likelihoods %d", i, f.Items[i][1], at)
		}
	}
	_, err = measured(t, "classify", m, newEnv(nil, "a|x", "b|x"), func(c *Classify) {})
	wantError(t, err, "1 different labels")
}

func TestGenerateAndTranslate(t *testing.T) {
	m := tinyModel(t)
	env := newEnv(map[string]string{"prompts.txt": "How are you?\n\nTell me more.\n"}, "say it|it", "again|again")
	set := func(g *Generate) { g.Prompts, g.Tokens = "prompts.txt", 12 }
	a, err := measured(t, "generate", m, env, set)
	if err != nil {
		t.Fatal(err)
	}
	b, err := measured(t, "generate", m, env, set)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Samples) != 2 || a.Samples[0].Prompt != "How are you?" || !slices.Equal(a.Samples, b.Samples) {
		t.Errorf("samples %v, and again %v", a.Samples, b.Samples)
	}
	r, err := measured(t, "translate", m, env, func(x *Translate) { x.Tokens = 6 })
	if err != nil {
		t.Fatal(err)
	}
	if f := find(t, r, "translate.chrf"); f.N != 2 || f.Value < 0 || f.Value > 100 || r.Samples[1].Truth != "again" {
		t.Errorf("%+v, samples %v", f, r.Samples)
	}
}
