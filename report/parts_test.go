package report

import (
	"math"
	"testing"
)

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(1000), "1,000"}, {count(-1234567), "−1,234,567"},
		{percent(0), "0%"}, {percent(0.0004), "<0.1%"}, {percent(0.123), "12.3%"}, {percent(0.9996), ">99.9%"}, {percent(1), "100%"}, {percent(math.NaN()), "–"},
		{figure(0), "0"}, {figure(0.21), "0.2100"}, {figure(-3.986), "−3.986"}, {figure(1234.5), "1,235"}, {figure(9.2e12), "9.20 × 10¹²"}, {figure(0.00002), "2.00 × 10⁻⁵"}, {figure(math.MaxFloat64), "∞"},
		{signed(0.5), "+0.5000"}, {glance(-0.0003119), "−0.00031"}, {limitNumber(0.5), "0.5"}, {limitNumber(1), "1"},
		{bytesText(999), "999 B"}, {bytesText(8_010_000), "8.01 MB"}, {duration(0.14), "140 ms"}, {duration(75), "1.2 min"}, {short(51197), "51.2 k"}, {figure2(2e-4), "2e−4"}, {figure2(1.5e-3), "1.5e−3"},
		{excerpt("a\n\n  b\tc\x1b", 50), "a ⏎ b c␛"}, {excerpt("abcdef", 3), "abc…"}, {excerpt("\xff\n", 9), "�"}, {clip("血压", 4), "血"},
		{question("user\nWhy?\nassistant\n"), "Why?"}, {quote("a b'c"), `'a b'\''c'`},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestLimitLiesBetweenBars(t *testing.T) {
	for _, limit := range []float64{0.5, 0.33, 1, 7} {
		values := make([]float64, 500)
		for i := range values {
			values[i] = limit * (0.2 + 1.7*float64(i*i%499)/499)
		}
		b := newBins(values, []Threshold{{Score: "s", Limit: limit, Keep: "above"}})
		border := (limit - b.start) / b.width
		if math.Abs(border-math.Round(border)) > 1e-6 {
			t.Errorf("the limit %g lies inside a bar: start %g, width %g", limit, b.start, b.width)
		}
		n := 0
		for _, k := range b.count(values) {
			n += k
		}
		if n != len(values) {
			t.Errorf("the bars hold %d of %d values", n, len(values))
		}
	}
}

func TestEditsMarkWhatChanged(t *testing.T) {
	d := details[0]
	marked := func(p []piece) (out string) {
		for _, x := range p {
			if x.Changed {
				out += "[" + x.Text + "]"
			}
		}
		return out
	}
	for _, c := range []struct{ before, after, was, is string }{
		{"Write to anna@example.org before Friday.", "Write to <EMAIL> before Friday.", "[anna@example.org]", "[<EMAIL>]"},
		{"two  spaces", "two spaces", "[··]", "[·]"},
		{"a b cut he…", "a x b cut here…", "", "[x ]"}, // words after the cut are no change
		{"血  压", "血压", "[··]", ""},
	} {
		e := newEdit(Edit{Before: c.before, After: c.after}, d)
		if was, is := marked(e.Before), marked(e.After); was != c.was || is != c.is {
			t.Errorf("%q → %q marks %q and %q, want %q and %q", c.before, c.after, was, is, c.was, c.is)
		}
	}
}

func TestOneTallBarIsCut(t *testing.T) {
	if top, cut := ceiling([]int{900, 20, 5}); !cut || top != 32 {
		t.Errorf("top %g, cut %v", top, cut)
	}
	if top, cut := ceiling([]int{90, 60, 5}); cut || top != 90 {
		t.Errorf("top %g, cut %v", top, cut)
	}
}

func TestParityJudgesLargeGroupsOnly(t *testing.T) {
	run := &Run{}
	run.Ledger.Steps = []Step{{Label: "s", In: 2010, Dropped: map[string]int64{"r": 510}, BySource: map[string]Parity{"a": {1000, 100}, "b": {1000, 400}, "tiny": {10, 10}}}}
	r := newParity(run, "", func(s *Step) map[string]Parity { return s.BySource }).Rows[0]
	if !r.Judged || !r.Uneven || math.Abs(r.Ratio-0.6/0.9) > 1e-12 || math.Abs(r.Difference-0.3) > 1e-12 {
		t.Errorf("got %+v, want ratio 0.667, difference 0.3", r)
	}
}
