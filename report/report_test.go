package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// draw draws a run folder and parses the page.
func draw(t testing.TB, dir string) (source []byte, root *html.Node) {
	t.Helper()
	run, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return drawRun(t, run)
}

func drawRun(t testing.TB, run *Run) (source []byte, root *html.Node) {
	t.Helper()
	source, err := Draw(run)
	if err != nil {
		t.Fatal(err)
	}
	root, err = html.Parse(bytes.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	return source, root
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func all(root *html.Node, match func(*html.Node) bool) (out []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			out = append(out, n)
		}
	}
	return out
}

func byID(t testing.TB, root *html.Node, id string) *html.Node {
	t.Helper()
	found := all(root, func(n *html.Node) bool { return attr(n, "id") == id })
	if len(found) != 1 {
		t.Fatalf("%d elements have the id %q, want 1", len(found), id)
	}
	return found[0]
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func cells(row *html.Node) (out []string) {
	for _, n := range all(row, func(n *html.Node) bool { return n.Data == "td" || n.Data == "th" }) {
		out = append(out, text(n))
	}
	return out
}

func number(t testing.TB, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.NewReplacer(",", "", "−", "-").Replace(s), 10, 64)
	if err != nil {
		t.Fatalf("%q is no number", s)
	}
	return n
}

// readJSON reads a file of the run folder without the package's own types, so that a field they forget is missed here.
func readJSON(t testing.TB, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func integer(v any) int64 {
	x, _ := v.(float64)
	return int64(x)
}

func sum(v any) (n int64) {
	m, _ := v.(map[string]any)
	for _, x := range m {
		n += integer(x)
	}
	return n
}

const testRun = "testdata/run"

func TestNumbersEqualTheLedger(t *testing.T) {
	_, root := draw(t, testRun)
	ledger := readJSON(t, filepath.Join(testRun, "ledger.json"))
	steps := ledger["steps"].([]any)
	rows := all(byID(t, root, "flow-table"), func(n *html.Node) bool { return n.Data == "tr" })[1:]
	if len(rows) != len(steps) {
		t.Fatalf("the table of the flow has %d rows, the ledger %d steps", len(rows), len(steps))
	}
	for i, x := range steps {
		s := x.(map[string]any)
		in, dropped, added, edited := integer(s["in"]), sum(s["dropped"]), integer(s["added"]), integer(s["edited"])
		got := cells(rows[i])
		want := []int64{in, dropped, added, edited, in - dropped + added}
		for k, w := range want {
			if number(t, got[k+1]) != w {
				t.Errorf("step %s, column %d of the flow: %s, the ledger says %d", s["label"], k+1, got[k+1], w)
			}
		}
		// Every reason stands beside its number in the step's own part.
		part := byID(t, root, stepAnchor(i))
		shown := map[string]int64{}
		for _, d := range all(part, func(n *html.Node) bool { return n.Data == "summary" && attr(n.Parent, "class") == "reason" }) {
			spans := all(d, func(n *html.Node) bool { return n.Data == "span" })
			shown[text(spans[0])] = number(t, text(spans[1]))
		}
		reasons, _ := s["dropped"].(map[string]any)
		if len(shown) != len(reasons) {
			t.Errorf("step %s shows %d reasons, the ledger has %d", s["label"], len(shown), len(reasons))
		}
		for name, n := range reasons {
			if shown[name] != integer(n) {
				t.Errorf("step %s, %s: %d shown, the ledger says %d", s["label"], name, shown[name], integer(n))
			}
		}
	}
	sources := ledger["sources"].([]any)
	rows = all(byID(t, root, "source-table"), func(n *html.Node) bool { return n.Data == "tr" })[1:]
	for i, x := range sources {
		s, got := x.(map[string]any), cells(rows[i])
		if got[0] != s["name"] || number(t, got[5]) != integer(s["rows"]) || number(t, got[6]) != integer(s["bad"]) || number(t, got[7]) != integer(s["out"]) {
			t.Errorf("source %v: the page says %v", s, got)
		}
	}
}

func TestResultsAreThoseOfTheFile(t *testing.T) {
	_, root := draw(t, testRun)
	figures := readJSON(t, filepath.Join(testRun, "results.json"))["figures"].([]any)
	rows := all(byID(t, root, "results"), func(n *html.Node) bool { return n.Data == "tr" })[1:]
	if len(rows) != len(figures) {
		t.Fatalf("%d rows of results, want %d", len(rows), len(figures))
	}
	verdicts := map[string]string{"perplexity.validation": "better", "perplexity.general": "no clear change", "stereotypes.slope": "better", "stereotypes.lean": "worse", "pairs.share": "changed"}
	for i, x := range figures {
		f, got := x.(map[string]any), cells(rows[i])
		name := f["name"].(string)
		for k, key := range []string{"value", "after", "change"} {
			want := f[key].(float64)
			field := strings.FieldsFunc(got[k+1], func(r rune) bool { return r == ' ' || r == '(' })[0]
			if !strings.HasPrefix(strings.TrimPrefix(field, "+"), figure(want)) {
				t.Errorf("%s, %s: the page says %q, the file %g", name, key, got[k+1], want)
			}
		}
		if want, ok := verdicts[name]; ok && got[4] != want {
			t.Errorf("%s is said to be %q, want %q", name, got[4], want)
		}
	}
}

func TestSummaryNamesTheFourFigures(t *testing.T) {
	_, root := draw(t, testRun)
	part := byID(t, root, "summary")
	s := text(part)
	for _, want := range []string{"Of 3,000 rows read from 2 sources, 3,252 remained", "640 copies", "fell by 45.4%", "1 of 2 gates was missed", "Defects found: 66 of 71", "61.20", "33.40", "0.2100", "0.02000"} {
		if !strings.Contains(s, want) {
			t.Errorf("the summary lacks %q:\n%s", want, s)
		}
	}
	if n := len(all(part, func(n *html.Node) bool { return n.Data == "li" && attr(n.Parent, "class") == "tiles" })); n != 4 {
		t.Errorf("%d figures, want 4", n)
	}
}

func TestSameFilesSameBytes(t *testing.T) {
	first, _ := draw(t, testRun)
	for range 5 {
		if again, _ := draw(t, testRun); !bytes.Equal(first, again) {
			t.Fatal("the same files gave two different pages")
		}
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "report.html")
	if err := Write(testRun, path); err != nil {
		t.Fatal(err)
	}
	want, _ := draw(t, testRun)
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("the file is not the page: %v", err)
	}
}

// A run may have ended anywhere, and older or other tools may write less.
func TestPartsMayBeMissing(t *testing.T) {
	for _, names := range [][]string{{"ledger.json"}, {"manifest.json"}, {"results.json"}, {"ledger.json", "manifest.json"}, {"ledger.json", "metrics.jsonl"}} {
		dir := t.TempDir()
		for _, n := range names {
			data, err := os.ReadFile(filepath.Join(testRun, n))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, n), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, root := draw(t, dir)
		checkStructure(t, root)
	}
	for _, empty := range []string{`{}`, `{"steps":[{}],"sources":[{}]}`, `{"steps":[{"in":0,"dropped":{"x":0},"scores":{"s":{"n":1,"values":[{"v":1}]}}}]}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "ledger.json"), []byte(empty), 0o644); err != nil {
			t.Fatal(err)
		}
		_, root := draw(t, dir)
		checkStructure(t, root)
	}
}

func TestErrorsNameTheFile(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"", "", "holds no manifest.json"},
		{"ledger.json", "{", "ledger.json"},
		{"manifest.json", `{"seed":"x"}`, "manifest.json"},
		{"metrics.jsonl", "{\"step\":1}\nnonsense\n", "line 2"},
	} {
		dir := t.TempDir()
		if c.name != "" {
			if err := os.WriteFile(filepath.Join(dir, c.name), []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if c.name == "metrics.jsonl" {
			if err := os.WriteFile(filepath.Join(dir, "ledger.json"), []byte("{}"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

// A killed run may leave half a line at the end of its log.
func TestHalfALineOfMetricsIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"ledger.json": "{}", "metrics.jsonl": "{\"step\":1,\"loss\":2}\n{\"step\":2,\"lo"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run, err := Load(dir)
	if err != nil || len(run.Metrics) != 1 {
		t.Fatalf("%d steps, %v; want 1", len(run.Metrics), err)
	}
}

func TestPageStaysUnderTwoMegabytes(t *testing.T) {
	run := &Run{}
	long := strings.Repeat("血压 and <b>words</b> & more ", 12)
	var rows int64 = 1 << 40
	for i := range 300 {
		run.Ledger.Sources = append(run.Ledger.Sources, Source{Name: fmt.Sprint("source ", i), Rows: rows / 300})
	}
	for i := range 40 {
		s := Step{Label: fmt.Sprint("step ", i), In: rows, Dropped: map[string]int64{}, Scores: map[string]Distribution{}}
		for k := range 200 {
			reason := fmt.Sprint("reason ", k)
			s.Dropped[reason] = int64(k)
			for e := range 6 {
				s.Drops = append(s.Drops, Excerpt{ID: fmt.Sprint(e), Reason: reason, Text: long})
			}
		}
		for k := range 3 {
			d := Distribution{N: rows}
			for v := range 2000 {
				d.Values = append(d.Values, struct {
					Value float64 `json:"v"`
					Lang  string  `json:"l"`
				}{float64(v*v) / 7, []string{"en", "zh", "fr", "de"}[v%4]})
			}
			s.Scores[fmt.Sprint("score", k)] = d
		}
		run.Ledger.Steps = append(run.Ledger.Steps, s)
		rows = s.out()
	}
	for i := range 100_000 {
		loss := 1 / float64(i+1)
		run.Metrics = append(run.Metrics, Metric{Step: i, Loss: &loss})
	}
	page, root := drawRun(t, run)
	if len(page) > 2_000_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	checkStructure(t, root)
}
