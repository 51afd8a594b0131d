package datasets

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func writeTree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDiscover(t *testing.T) {
	dir := writeTree(t, map[string]string{"a/1.jsonl": "{}", "a/b/2.jsonl": "{}", "a/b/c/3.jsonl": "{}", "a/README.md": "#", "a/x[1].txt": "t", "a/.hidden/4.jsonl": "{}", "a/notes.bin": "?", "z.csv": "a"})
	cases := []struct{ path, want string }{
		{"a/**/*.jsonl", "a/1.jsonl a/b/2.jsonl a/b/c/3.jsonl"},
		{"a/*/*.jsonl", "a/b/2.jsonl"},
		{"a/**", "a/1.jsonl a/README.md a/b/2.jsonl a/b/c/3.jsonl a/notes.bin a/x[1].txt"},
		{"a/b/{2,c/3}.jsonl", "a/b/2.jsonl a/b/c/3.jsonl"},
		{"a", "a/1.jsonl a/b/2.jsonl a/b/c/3.jsonl a/x[1].txt"},
		{"a/x[1].txt", "a/x[1].txt"},
		{"./z.csv", "z.csv"},
		{"a/[1-2].jsonl", "a/1.jsonl"},
	}
	for _, c := range cases {
		shards, err := NewSource("s", c.path).Discover(context.Background(), dir)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		var names []string
		for _, sh := range shards {
			for _, f := range sh.Files() {
				names = append(names, f.Name)
			}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.path, got, c.want)
		}
	}
	for path, want := range map[string]string{"a/2.jsonl": `did you mean "1.jsonl"?`, "b/*.jsonl": `did you mean "a"?`, "a/*.parquet": "nothing matches", "a/[": "needs its ]"} {
		s := NewSource("s", path)
		err := fmt.Errorf("%v", s.Check())
		if len(s.Check()) == 0 {
			_, err = s.Discover(context.Background(), dir)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestSniffErrors(t *testing.T) {
	cases := []struct {
		data, want string
		set        func(*Source)
	}{
		{`{"question":"q","answer":"a"}`, `map: prompt: there is no column "quesion"; did you mean "question"?`, func(s *Source) { s.Map = map[string]string{"prompt": "quesion", "response": "answer"} }},
		{`{"a":"q","b":"long text"}`, "for example `map: {text: b}`. Columns there are: a (string), b (string)", nil},
		{`{"text":"q","n":1}`, `columns: there is no column "m"`, func(s *Source) { s.Columns = []string{"m"} }},
		{`{"text":"q","n":1}`, `types: there is no column "m"`, func(s *Source) { s.Types = map[string]string{"m": "int"} }},
		{"\n", "they are empty", nil},
		{`{"text":`, "no row could be read: a.jsonl: line 1: it ends in the middle of a value", nil},
		{`{"text":"q"}`, "no columns were recognised for the shape preference, which needs chosen and rejected", func(s *Source) { s.Shape = "preference" }},
	}
	for _, c := range cases {
		dir := writeTree(t, map[string]string{"a.jsonl": c.data + "\n"})
		s := NewSource("s", "a.jsonl")
		if c.set != nil {
			c.set(s)
		}
		shards, err := s.Discover(context.Background(), dir)
		if err == nil {
			_, err = s.Sniff(context.Background(), shards)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.data, err, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	s := &Source{Path: []string{"a"}, Format: "jsnl", Encoding: "gb18031", Types: map[string]string{"n": "number"}, Map: map[string]string{"text": "a", "prompt": "b"}}
	s.Delimiter = "ab"
	var all []string
	for _, err := range s.Check() {
		all = append(all, err.Error())
	}
	got := strings.Join(all, "\n")
	for _, want := range []string{`did you mean "jsonl"?`, `did you mean "gb18030"?`, "write string, int, float or bool", "text does not go together", "not one ASCII character"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

// TestPartsJoin: whatever a large file holds, its parts together give the same rows as the whole.
func TestPartsJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quoted := rapid.Bool().Draw(t, "quoted")
		var b strings.Builder
		b.WriteString("text,n\n")
		for i := range rapid.IntRange(1, 200).Draw(t, "rows") {
			if quoted && rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
				fmt.Fprintf(&b, "\"line\n%d \"\"x\"\"\",%d\n", i, i)
			} else {
				fmt.Fprintf(&b, "row %d,%d\n", i, i)
			}
		}
		data := b.String()
		borders, err := quotedBordersAt(strings.NewReader(data), int64(len(data)), ',', int64(rapid.IntRange(10, 300).Draw(t, "size")))
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for i, start := range append([]int64{0}, borders...) {
			end := int64(len(data))
			if i < len(borders) {
				end = borders[i]
			}
			c := &csvReader{dialect: dialect{delimiter: ',', quotes: true}, lines: newLineReader(strings.NewReader(data[start:end]))}
			for {
				_, err := c.readFields()
				if err != nil {
					break
				}
				if len(c.fields) != 2 {
					t.Fatalf("part %d of %q has a row of %d fields", i, data, len(c.fields))
				}
				rows++
			}
		}
		if want := strings.Count(data, "row ") + strings.Count(data, "\"line\n") + 1; rows != want {
			t.Fatalf("%d rows, want %d", rows, want)
		}
	})
}
