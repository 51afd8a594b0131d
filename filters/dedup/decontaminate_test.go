package dedup

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winnow/datasets"
	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/spec"
)

// testSet is an Env whose files all hold the same rows.
type testSet struct {
	filtertest.Env
	rows []datasets.Batch
	out  *filters.Rows
}

func (e *testSet) Rows(context.Context, string) iter.Seq2[*filters.Row, error] {
	return func(yield func(*filters.Row, error) bool) {
		for _, b := range e.rows {
			e.out.Load(b)
			for i := range b.Refs {
				if !yield(e.out.At(b, i), nil) {
					return
				}
			}
		}
	}
}

func itemsOf(t testing.TB, items ...string) *testSet {
	t.Helper()
	schema, err := datasets.NewSchema([]datasets.Shape{datasets.Text}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := filters.NewBuilder(schema)
	for i, s := range items {
		b.Append(filtertest.Row(s, map[string]string{"id": fmt.Sprint(i)}))
	}
	return &testSet{rows: []datasets.Batch{b.Flush()}, out: filters.NewRows(schema)}
}

func decontaminate(t testing.TB, env filters.Env, edit func(*Decontaminate), texts ...string) filtertest.Outcome {
	t.Helper()
	d := new(Decontaminate)
	spec.SetDefaults(d)
	d.Against = []string{"test.jsonl"}
	if edit != nil {
		edit(d)
	}
	return filtertest.Survey(t, d, filters.Whole, env, filtertest.NewSet(t, nil, 2, records(texts...)))
}

func TestDecontaminate(t *testing.T) {
	long := "Which of these organs makes the hormone that lowers the level of sugar in the blood after a heavy meal at night"
	short := "What is the capital of Mongolia?"
	tiny := "Define osmosis."
	zh := "下列哪一种激素能够降低餐后血液中葡萄糖的浓度并且由胰岛细胞分泌出来供全身使用"
	env := itemsOf(t, long, short, tiny, zh)
	words := strings.Fields(long)
	for _, c := range []struct {
		name, mode, row string
		item            string // "" when the row stays
	}{
		{"whole item in a row", "any", "Intro. " + strings.ToUpper(long) + "! Pancreas.", "0"},
		{"a run of 13", "any", "x " + strings.Join(words[2:15], " ") + " y", "0"},
		{"a run of 12", "any", "x " + strings.Join(words[2:14], " ") + " y", ""},
		{"short item whole", "any", "He asked: what is the capital of Mongolia", "1"},
		{"short item cut", "any", "He asked: what is the capital of France", ""},
		{"tiny item alone", "any", "define osmosis", "2"},
		{"tiny item in a text", "any", "They had to define osmosis in class.", ""},
		{"Chinese run of 26", "any", "请问" + string([]rune(zh)[3:29]) + "吗", "3"},
		{"Chinese run of 25", "any", "请问" + string([]rune(zh)[3:28]) + "吗", ""},
		{"half of the item", "share", "x " + strings.Join(words[:11], " ") + " y", "0"},
		{"less than half", "share", "x " + strings.Join(words[:9], " ") + " y", ""},
	} {
		out := decontaminate(t, env, func(d *Decontaminate) { d.Mode = c.mode }, "unrelated words", c.row)
		got := out.Rows[1]
		want := ""
		if c.item != "" {
			want = "holds a test item"
		}
		if got.Reason != want {
			t.Errorf("%s: reason %q, want %q", c.name, got.Reason, want)
		}
		if c.item != "" && got.Values[ColContaminatedBy] != "test.jsonl#"+c.item {
			t.Errorf("%s: item %v, want %s", c.name, got.Values[ColContaminatedBy], c.item)
		}
		if out.Rows[0].Reason != "" {
			t.Errorf("%s: an unrelated row was dropped", c.name)
		}
	}
	if len(env.Warnings) == 0 {
		t.Error("nothing was said of the item that is too short")
	}
}

// TestDecontaminateAgainstSearch holds the tables against a plain search for runs of words.
func TestDecontaminateAgainstSearch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.SampledFrom([]string{"a", "b", "c"})
		texts := rapid.SliceOfN(rapid.SliceOfN(word, 1, 12), 1, 6)
		items, rows := texts.Draw(rt, "items"), texts.Draw(rt, "rows")
		n := rapid.IntRange(3, 6).Draw(rt, "n")
		var itemTexts, rowTexts []string
		for _, w := range items {
			itemTexts = append(itemTexts, strings.Join(w, " "))
		}
		for _, w := range rows {
			rowTexts = append(rowTexts, strings.Join(w, " "))
		}
		out := decontaminate(t, itemsOf(t, itemTexts...), func(d *Decontaminate) { d.NGram, d.Shortest = n, 2 }, rowTexts...)
		for i, r := range rowTexts {
			want := false
			for k, item := range items {
				run := min(n, len(item))
				for s := 0; s+run <= len(item) && run >= 2; s++ {
					want = want || strings.Contains(" "+r+" ", " "+strings.Join(item[s:s+run], " ")+" ")
				}
				want = want || r == itemTexts[k]
			}
			if got := out.Rows[i].Reason != ""; got != want {
				rt.Fatalf("row %q, items %q, runs of %d: dropped %v, want %v", r, itemTexts, n, got, want)
			}
		}
	})
}
