package datasets

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"

	"winnow/internal/shared"
)

// readAll discovers, sniffs and reads a source whole; bad rows are collected.
func readAll(t testing.TB, s *Source, base string) (Layout, []Batch, []BadRow) {
	t.Helper()
	ctx := context.Background()
	shards, err := s.Discover(ctx, base)
	if err != nil {
		t.Fatalf("discover: %v", err)
	}
	layout, err := s.Sniff(ctx, shards)
	if err != nil {
		t.Fatalf("sniff: %v", err)
	}
	schema, err := NewSchema(layout.Shapes, layout.Extra)
	if err != nil {
		t.Fatalf("schema: %v", err)
	}
	var batches []Batch
	var bad []BadRow
	for i, sh := range shards {
		sh.Index = i
		for b, err := range s.Read(ctx, sh, layout, schema, ReadOptions{Bad: func(b BadRow) { bad = append(bad, b) }}) {
			if err != nil {
				t.Fatalf("read: %v", err)
			}
			batches = append(batches, b)
		}
	}
	return layout, batches, bad
}

// rowsOf renders every row as column=value, in schema order, nulls left out.
func rowsOf(batches []Batch) []map[string]string {
	var out []map[string]string
	for _, b := range batches {
		for i := range int(b.Record.NumRows()) {
			row := map[string]string{}
			for j, f := range b.Record.Schema().Fields() {
				col := b.Record.Column(j)
				if col.IsNull(i) {
					continue
				}
				if list, ok := col.(*array.List); ok {
					row[f.Name] = renderTurns(list, i)
					continue
				}
				row[f.Name] = strings.Clone(col.ValueStr(i))
			}
			out = append(out, row)
		}
	}
	return out
}

func renderTurns(list *array.List, i int) string {
	from, to := list.ValueOffsets(i)
	s := list.ListValues().(*array.Struct)
	var b strings.Builder
	for k := int(from); k < int(to); k++ {
		b.WriteString("<" + s.Field(0).(*array.String).Value(k) + ">" + s.Field(1).(*array.String).Value(k))
	}
	return b.String()
}

func releaseAll(batches []Batch) {
	for i := range batches {
		batches[i].Release()
	}
}

// TestSharedSets reads data sets as they were published, without a map.
func TestSharedSets(t *testing.T) {
	cases := []struct {
		path  string
		rows  int
		shape Shape
		extra string // names, in order
		check func(row map[string]string) string
	}{
		{"data/medical/medquad.jsonl.zst", 14106, Messages, "document original_source url focus qtype", func(r map[string]string) string {
			return has(r, "id", "1_CancerGov_QA-0000001_1-1", "messages", "<user>What is (are) Adult Acute", "original_source", "CancerGov")
		}},
		{"data/medical/dialogue-zh.gb18030.csv.gz", 6445, Messages, "department title", func(r map[string]string) string {
			return has(r, "messages", "<user>我有高血压", "department", "心血管科", "id", "dialogue-zh.gb18030.csv.gz#0")
		}},
		{"data/medical/instruct-zh.alpaca.jsonl.zst", 7403, Messages, "", func(r map[string]string) string { return has(r, "messages", "<user>一名年龄在70岁的女性") }},
		{"data/medical/literature-zh.jsonl.zst", 851, Messages, "", nil},
		{"data/law/statutes-zh.tar.zst", 446, Text, "", func(r map[string]string) string { return has(r, "id", "statutes-zh.tar.zst/行政法规/") }},
		{"data/law/qa-zh.jsonl.zst", 250, Messages, "", nil},
		{"data/finance/tatqa-en.jsonl.zst", 2875, Messages, "context_id table original_text answer_type scale", nil},
		{"data/finance/instruct-zh.alpaca.jsonl.zst", 264, Messages, "part", nil},
		{"data/preference/hh-harmless-en.jsonl.zst", 1836, Preference, "", func(r map[string]string) string {
			return has(r, "chosen", "<user>what are some pranks with a pen i can do?<assistant>Are you looking", "rejected", "<user>what are some pranks")
		}},
		{"data/general/books-en.tar.zst", 13, Text, "", nil},
		{"data/general/inaugural-en.tar.zst", 59, Text, "", nil},
		{"data/general/state-union-en.tar.zst", 65, Text, "", nil},
		{"data/general/wikipedia-zh.jsonl.zst", 2786, Text, "script title", nil},
		{"data/general/poetry-zh.jsonl.zst", 14468, Text, "title author", nil},
		{"data/translation/tatoeba-en-zh.tsv.zst", 24837, Pair, "attribution", func(r map[string]string) string { return has(r, "source_text", "Hi.", "target_text", "你好。") }},
		{"data/style/devils-dictionary.txt", 1, Text, "", nil},
		{"data/harm/davidson-en.jsonl.zst", 19920, Labelled, "annotators", func(r map[string]string) string { return has(r, "label", "neither", "annotators", "3") }},
		{"data/harm/cold-train-zh.jsonl.zst", 25726, Labelled, "topic", func(r map[string]string) string { return has(r, "label", "1", "topic", "race") }},
		{"data/harm/hatecheck-en.jsonl.zst", 1813, Labelled, "functionality target", nil},
		{"data/pii/pii.jsonl.zst", 16800, Text, "lang neg", nil},
		{"data/bias/winogender-all_sentences.tsv", 720, Text, "sentid", nil},
		{"data/bias/gap-development.tsv", 2000, Text, "", nil},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			full := shared.File(t, c.path)
			dir, file := full[:strings.LastIndexByte(full, '/')], full[strings.LastIndexByte(full, '/')+1:]
			s := NewSource("set", file)
			layout, batches, bad := readAll(t, s, dir)
			defer releaseAll(batches)
			if len(bad) > 0 {
				t.Errorf("%d bad rows, the first: %+v", len(bad), bad[0])
			}
			rows := rowsOf(batches)
			if len(rows) != c.rows {
				t.Errorf("%d rows, want %d", len(rows), c.rows)
			}
			if layout.Shapes[0] != c.shape {
				t.Errorf("shape %s, want %s", layout.Shapes[0], c.shape)
			}
			var extra []string
			for _, f := range layout.Extra {
				extra = append(extra, f.Name)
			}
			if got := strings.Join(extra, " "); c.extra != "" && got != c.extra {
				t.Errorf("extra columns %q, want %q", got, c.extra)
			}
			if c.check != nil && len(rows) > 0 {
				if problem := c.check(rows[0]); problem != "" {
					t.Error(problem)
				}
			}
			t.Logf("%s %s %v rows≈%d bytes≈%d %v", layout.Format, layout.Encoding, layout.Mapping, layout.Rows, layout.Bytes, layout.Notes)
		})
	}
}

// has checks that columns begin with the given values.
func has(row map[string]string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if !strings.HasPrefix(row[pairs[i]], pairs[i+1]) {
			return pairs[i] + " is " + row[pairs[i]][:min(200, len(row[pairs[i]]))] + ", want it to begin with " + pairs[i+1]
		}
	}
	return ""
}
