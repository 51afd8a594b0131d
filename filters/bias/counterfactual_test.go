package bias

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/shared"
)

// newSwapper returns a swapper with the step's defaults.
func newSwapper(t testing.TB) *swapper {
	t.Helper()
	table, err := readSwaps("gender", nil, &filtertest.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return &swapper{table: table, names: "all"}
}

func (s *swapper) text(in string) string {
	s.begin(func(yield func([]byte) bool) { yield([]byte(in)) })
	out, _ := s.swap([]byte(in))
	return string(out)
}

func tsv(t testing.TB, name string) [][]string {
	var out [][]string
	for line := range strings.Lines(string(shared.Open(t, name))) {
		out = append(out, strings.Split(strings.TrimRight(line, "\r\n"), "\t"))
	}
	return out[1:]
}

// shows logs the first few failures.
func shows(t *testing.T, n *int, format string, args ...any) {
	if *n++; *n <= 150 {
		t.Logf(format, args...)
	}
}

func check(t *testing.T, what string, right, n int, goal float64) {
	t.Helper()
	share := float64(right) / float64(n)
	t.Logf("%s: %.4f of %d", what, share, n)
	if n == 0 || share < goal {
		t.Errorf("%s: %.4f of %d; at least %.2f expected", what, share, n, goal)
	}
}

func TestQualitySwapTwiceIsIdentity(t *testing.T) {
	s := newSwapper(t)
	right, n, shown := 0, 0, 0
	for _, file := range []string{"data/bias/gap-development.tsv", "data/bias/gap-validation.tsv"} {
		for _, row := range tsv(t, file) {
			n++
			once := s.text(row[1])
			twice := s.text(once)
			if twice == row[1] {
				right++
				continue
			}
			a, b, c := strings.Fields(row[1]), strings.Fields(once), strings.Fields(twice)
			for i := range a {
				if i < len(c) && a[i] != c[i] {
					lo, hi := max(0, i-3), min(len(a), i+4)
					shows(t, &shown, "%s | %s | %s", strings.Join(a[lo:hi], " "), strings.Join(b[lo:hi], " "), strings.Join(c[lo:hi], " "))
					break
				}
			}
		}
	}
	check(t, "swapped twice is the text", right, n, 0.95)
}

// TestQualityPronounsOfGAP asks whether each annotated pronoun has become one of the other gender that may stand for it.
func TestQualityPronounsOfGAP(t *testing.T) {
	other := map[string][]string{"he": {"she"}, "him": {"her"}, "his": {"her", "hers"}, "she": {"he"}, "her": {"him", "his"}, "hers": {"his"}}
	s := newSwapper(t)
	right, n, shown := 0, 0, 0
	for _, file := range []string{"data/bias/gap-development.tsv", "data/bias/gap-validation.tsv"} {
		for _, row := range tsv(t, file) {
			offset, err := strconv.Atoi(row[3])
			if err != nil {
				t.Fatal(err)
			}
			n++
			// The pronoun is found again by counting the words before it: a swap never changes their number.
			before := len(strings.Fields(string([]rune(row[1])[:offset]) + "x"))
			words := strings.Fields(s.text(row[1]))
			got := ""
			if before-1 < len(words) {
				got = words[before-1]
			}
			ok := false
			for _, want := range other[strings.ToLower(row[2])] {
				ok = ok || regexp.MustCompile(`(?i)(^|\W)`+want+`(\W|$)`).MatchString(got)
			}
			if ok {
				right++
			} else {
				lo, hi := max(0, before-6), min(len(words), before+5)
				shows(t, &shown, "%s in %q became %q", row[2], strings.Join(strings.Fields(row[1])[lo:hi], " "), got)
			}
		}
	}
	check(t, "pronouns of GAP", right, n, 0.97)
}

func TestQualityWinogender(t *testing.T) {
	s := newSwapper(t)
	sentences := map[string]string{}
	rows := tsv(t, "data/bias/winogender-all_sentences.tsv")
	for _, row := range rows {
		sentences[row[0]] = row[1]
	}
	right, n, shown := 0, 0, 0
	for _, row := range rows {
		partner := strings.NewReplacer(".male.", ".female.", ".female.", ".male.").Replace(row[0])
		if partner == row[0] {
			continue
		}
		n++
		if got := s.text(row[1]); got == sentences[partner] {
			right++
		} else {
			shows(t, &shown, "%q became %q", row[1], got)
		}
	}
	check(t, "Winogender", right, n, 0.97)
}

func TestQualityWinoBias(t *testing.T) {
	s := newSwapper(t)
	right, n, shown := 0, 0, 0
	strip := strings.NewReplacer("[", "", "]", "")
	for _, part := range []string{"type1.txt.dev", "type2.txt.dev", "type1.txt.test", "type2.txt.test"} {
		pro := strings.Split(strings.TrimSpace(string(shared.Open(t, "data/bias/winobias/pro_stereotyped_"+part))), "\n")
		anti := strings.Split(strings.TrimSpace(string(shared.Open(t, "data/bias/winobias/anti_stereotyped_"+part))), "\n")
		for i := range pro {
			a, b := strip.Replace(pro[i]), strip.Replace(anti[i])
			n++
			if got := s.text(a); got == b {
				right++
			} else {
				shows(t, &shown, "%q became %q", a, got)
			}
		}
	}
	check(t, "WinoBias", right, n, 0.95)
}

func TestCounterfactualColumns(t *testing.T) {
	rows := []filtertest.Record{
		{ID: "a", Text: "She is a doctor."},
		{ID: "b", Text: "A tree."},
		{ID: "c", Messages: []string{"user: Is he here?", "assistant: Yes, he is."}},
	}
	out := filtertest.Survey(t, withDefaults[Counterfactual](nil), filters.Whole, &filtertest.Env{}, filtertest.NewSet(t, nil, 2, rows))
	want := [][4]string{{"a", "She is a doctor.", "a", "female"}, {"a#cf", "He is a doctor.", "a", "male"}, {"b", "A tree.", "", "none"},
		{"c", "Is he here?\n\nYes, he is.", "c", "male"}, {"c#cf", "Is she here?\n\nYes, she is.", "c", "female"}}
	if len(out.Rows) != len(want) {
		t.Fatalf("%d rows, want %d: %+v", len(out.Rows), len(want), out.Rows)
	}
	for i, r := range out.Rows {
		pair, _ := r.Values[ColPair].(string)
		got := [4]string{r.ID, r.Text, pair, r.Values["gender"].(string)}
		if got != want[i] {
			t.Errorf("row %d is %q, want %q", i, got, want[i])
		}
	}
	out = filtertest.Survey(t, withDefaults(func(c *Counterfactual) { c.Mode, c.Share = "replace", 0.5 }), filters.Whole, &filtertest.Env{},
		filtertest.NewSet(t, nil, 3, records(strings.Split(strings.Repeat("She sings.\n", 400), "\n")[:400]...)))
	n := 0
	for _, r := range out.Rows {
		if r.Text == "He sings." {
			n++
		}
	}
	if n < 160 || n > 240 {
		t.Errorf("%d of 400 rows were swapped, about 200 expected", n)
	}
}

func TestChineseSentences(t *testing.T) {
	data, err := os.ReadFile("testdata/swap-zh.tsv")
	if err != nil {
		t.Fatal(err)
	}
	s := newSwapper(t)
	n := 0
	for line := range strings.Lines(string(data)) {
		in, want, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || !ok {
			continue
		}
		n++
		if want == "=" {
			want = in
		}
		if got := s.text(in); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", in, got, want)
		}
	}
	if n < 300 {
		t.Errorf("%d sentences were read", n)
	}
}

func BenchmarkCounterfactual(b *testing.B) {
	s := newSwapper(b)
	var texts [][]byte
	total := 0
	for _, row := range tsv(b, "data/bias/gap-development.tsv") {
		texts = append(texts, []byte(row[1]))
		total += len(row[1])
	}
	b.SetBytes(int64(total))
	for b.Loop() {
		for _, t := range texts {
			s.begin(func(yield func([]byte) bool) { yield(t) })
			s.swap(t)
		}
	}
}
