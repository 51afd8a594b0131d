package dedup

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/spec"
	"winnow/internal/text"
)

func newDedup(edit func(*Dedup)) *Dedup {
	d := new(Dedup)
	spec.SetDefaults(d)
	if edit != nil {
		edit(d)
	}
	return d
}

func records(texts ...string) []filtertest.Record {
	out := make([]filtertest.Record, len(texts))
	for i, s := range texts {
		out[i] = filtertest.Record{ID: fmt.Sprintf("r%d", i), Source: "test", Text: s}
	}
	return out
}

func survey(t testing.TB, params any, set *filtertest.Set) filtertest.Outcome {
	t.Helper()
	return filtertest.Survey(t, params, filters.Whole, &filtertest.Env{}, set)
}

const poem = "The river bends below the mill and carries leaves to town, where children stand along the wall to watch the boats come down; the miller counts his sacks of grain, the baker lights his fire, and evening bells begin to ring above the village spire"

func TestExactCopiesOfTextIgnoreCaseAndPunctuation(t *testing.T) {
	set := filtertest.NewSet(t, nil, 2, records("One day, in spring.", "another text", "one day in spring", "!!!", "!!!", "???"))
	out := survey(t, newDedup(func(d *Dedup) { d.Method = "exact" }), set)
	want := map[string]string{"r2": "exact copy", "r4": "exact copy"}
	if got := out.Reasons(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("dropped %v, want %v", got, want)
	}
	if got := out.Rows[2].Values[ColDuplicateOf]; got != "r0" {
		t.Errorf("r2 is said to be a duplicate of %v, want r0", got)
	}
	if f := out.Findings.(Findings); f.Exact != 2 || f.Clusters != 2 {
		t.Errorf("findings %+v", f)
	}
}

func TestNearCopies(t *testing.T) {
	near := strings.Replace(poem, "carries leaves", "carries twigs", 1)
	far := "A wholly different text about the price of copper, which rose for the third week while tin and zinc fell, traders said on Monday in London."
	for _, c := range []struct {
		survivor, dropped, kept string
		verify                  bool
		texts                   []string
	}{
		{"first", "r2", "r0", true, []string{poem, far, near}},
		{"first", "r2", "r0", false, []string{poem, far, near}},
		{"longest", "r0", "r2", true, []string{poem, far, near + " at last"}},
		{"longest", "r0", "r2", false, []string{poem, far, near + " at last"}},
	} {
		set := filtertest.NewSet(t, nil, 3, records(c.texts...))
		out := survey(t, newDedup(func(d *Dedup) { d.Survivor, d.Verify = c.survivor, c.verify }), set)
		if got := out.Reasons(); len(got) != 1 || got[c.dropped] != "near copy" {
			t.Errorf("survivor %s: dropped %v, want %s", c.survivor, got, c.dropped)
		}
		for _, r := range out.Rows {
			if r.ID == c.dropped && r.Values[ColDuplicateOf] != c.kept {
				t.Errorf("survivor %s: duplicate of %v, want %s", c.survivor, r.Values[ColDuplicateOf], c.kept)
			}
		}
	}
}

func TestColumnsAndURLs(t *testing.T) {
	columns := []filters.Column{{Name: "url", Kind: filters.String}, {Name: "n", Kind: filters.Int}}
	rows := []filtertest.Record{
		{ID: "a", Text: "1", Values: map[string]any{"url": "https://www.Example.org/page/?utm_source=x#top", "n": int64(1)}},
		{ID: "b", Text: "2", Values: map[string]any{"url": "http://example.org/page", "n": int64(1)}},
		{ID: "c", Text: "3", Values: map[string]any{"url": "http://example.org/page?id=2"}},
		{ID: "d", Text: "4"},
		{ID: "e", Text: "5"},
	}
	set := filtertest.NewSet(t, columns, 2, rows)
	got := survey(t, newDedup(func(d *Dedup) { d.Method = "url" }), set).Reasons()
	if len(got) != 1 || got["b"] != "exact copy" {
		t.Errorf("url: dropped %v, want b", got)
	}
	got = survey(t, newDedup(func(d *Dedup) { d.Method, d.By = "exact", []string{"n"} }), set).Reasons()
	if len(got) != 1 || got["b"] != "exact copy" {
		t.Errorf("by n: dropped %v, want b", got)
	}
	err := newDedup(func(d *Dedup) { d.Method, d.By = "exact", []string{"ulr"} }).UseColumns(columns)
	if err == nil || !strings.Contains(err.Error(), `did you mean "url"`) {
		t.Errorf("a misspelt column: %v", err)
	}
}

func TestRepeatedLinesAndParagraphs(t *testing.T) {
	const ad = "Subscribe to our weekly letter now"
	rows := records("one\n"+ad+"\ntwo", ad+"\nthree\n\n"+ad, ad, "three\n\n"+ad+"\nmore", "a text of its own that is long")
	for _, c := range []struct {
		method, survivor string
		want             []string
	}{
		{"line", "first", []string{"one\n" + ad + "\ntwo", "three", "", "three\n\nmore", "a text of its own that is long"}},
		{"line", "none", []string{"one\ntwo", "three", "", "three\n\nmore", "a text of its own that is long"}},
		{"paragraph", "first", []string{"one\n" + ad + "\ntwo", ad + "\nthree\n\n" + ad, "", "three\n\n" + ad + "\nmore", "a text of its own that is long"}},
	} {
		out := survey(t, newDedup(func(d *Dedup) { d.Method, d.Survivor = c.method, c.survivor }), filtertest.NewSet(t, nil, 2, rows))
		for i, r := range out.Rows {
			if strings.TrimSpace(r.Text) != c.want[i] {
				t.Errorf("%s, %s, row %d: %q, want %q", c.method, c.survivor, i, r.Text, c.want[i])
			}
			if (c.want[i] == "") != (r.Reason == "only repeated "+c.method+"s") {
				t.Errorf("%s, %s, row %d: reason %q", c.method, c.survivor, i, r.Reason)
			}
		}
	}
	for _, d := range []*Dedup{newDedup(func(d *Dedup) { d.Survivor = "none" }), newDedup(func(d *Dedup) { d.Method, d.Survivor = "line", "longest" }),
		newDedup(func(d *Dedup) { d.Bands = 4 }), newDedup(func(d *Dedup) { d.By = []string{"x"} })} {
		if err := d.Prepare(t.Context(), &filtertest.Env{}); err == nil {
			t.Errorf("%+v was accepted", d)
		}
	}
}

// TestAnySharding holds a set of edited copies in any cut into shards against the set in one piece.
func TestAnySharding(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		var texts []string
		for range rapid.IntRange(1, 14).Draw(rt, "rows") {
			if len(texts) > 0 && r.IntN(2) == 0 {
				w := strings.Fields(texts[r.IntN(len(texts))])
				w[r.IntN(len(w))] = fmt.Sprint("w", r.IntN(50))
				texts = append(texts, strings.Join(w, " "))
				continue
			}
			var w []string
			for range 5 + r.IntN(60) {
				w = append(w, fmt.Sprint("w", r.IntN(50)))
			}
			texts = append(texts, strings.Join(w, " "))
		}
		survivor := rapid.SampledFrom([]string{"first", "longest"}).Draw(rt, "survivor")
		run := func(shards int) string {
			set := filtertest.NewSet(t, nil, shards, records(texts...))
			out := survey(t, newDedup(func(d *Dedup) { d.Survivor = survivor }), set)
			return fmt.Sprint(out.Reasons(), out.Findings)
		}
		if one, many := run(1), run(rapid.IntRange(2, 7).Draw(rt, "shards")); one != many {
			rt.Fatalf("one shard: %s\nmany: %s", one, many)
		}
	})
}

func TestSignatureOfEveryPathIsTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	mix := permutations(75)
	for n := 1; n < 40; n++ {
		shingles := make([]uint32, n)
		for i := range shingles {
			shingles[i] = r.Uint32()
		}
		got := make([]uint32, len(mix))
		signature(got, mix, shingles)
		for i, p := range mix {
			want := uint32(math.MaxUint32)
			for _, h := range shingles {
				want = min(want, p.a*h+p.b)
			}
			if got[i] != want {
				t.Fatalf("%d shingles, permutation %d: %d, want %d", n, i, got[i], want)
			}
		}
	}
}

// TestSignatureEstimatesJaccard holds the share of equal numbers against the true similarity: its error must be that of independent permutations.
func TestSignatureEstimatesJaccard(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const k, trials = 256, 100
	mix := permutations(k)
	a, b := make([]uint32, k), make([]uint32, k)
	sum := 0.0
	for range trials {
		common := int(1000 * (0.5 + 0.4*r.Float64()))
		var x, y []uint32
		for i := range 1000 {
			h := r.Uint32()
			switch {
			case i < common:
				x, y = append(x, h), append(y, h)
			case i%2 == 0:
				x = append(x, h)
			default:
				y = append(y, h)
			}
		}
		signature(a, mix, x)
		signature(b, mix, y)
		same := 0
		for i := range a {
			if a[i] == b[i] {
				same++
			}
		}
		e := float64(same)/k - float64(common)/1000
		sum += e * e
	}
	if rmse := math.Sqrt(sum / trials); rmse > 0.035 {
		t.Errorf("root mean square error %.4f; independent permutations give about %.4f", rmse, math.Sqrt(0.7*0.3/k))
	}
}

func TestChosenBandsFindPairsAtTheThreshold(t *testing.T) {
	for _, s := range []float64{0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1} {
		bands, rows := chooseBands(s)
		if p := Candidate(min(s, .99), bands, rows); p < 0.98 || bands*rows > maxPermutations {
			t.Errorf("similarity %g: %d bands of %d rows find %.3f", s, bands, rows, p)
		}
	}
}

// TestNFKCByFirstBytes compares the test by bytes with the real normalisation, over all characters.
func TestNFKCByFirstBytes(t *testing.T) {
	hashes := func(b []byte) (out []uint64) {
		var d text.Doc
		d.Reset(b)
		for _, w := range d.Words() {
			if w.Kind != text.Punct {
				out = append(out, w.Hash)
			}
		}
		return out
	}
	for r := rune(1); r < 0x30000; r++ {
		if r >= 0xD800 && r < 0xE000 {
			continue
		}
		if r >= 0x4E00 && r < 0xD7A0 && r%16 != 0 || r > 0x10000 && r%64 != 0 {
			continue // the large blocks of scripts are alike inside
		}
		if r == '，' || r == '：' {
			continue // taken as plain punctuation on purpose
		}
		for _, b := range [][]byte{[]byte("a" + string(r) + "b"), []byte("1" + string(r) + "2")} {
			if !needsNFKC(b) && !slices.Equal(hashes(b), hashes(norm.NFKC.Bytes(b))) {
				t.Errorf("U+%04X changes under NFKC, and the test says it does not", r)
			}
		}
	}
	for _, s := range []string{"plain ASCII, with signs!", "中文，句号。（括号）", "naïve café"} {
		if needsNFKC([]byte(s)) {
			t.Errorf("%q is taken the slow way", s)
		}
	}
}
