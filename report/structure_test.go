package report

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// elements are what a page may be made of.
var elements = map[string]bool{}

func init() {
	for _, e := range strings.Fields("html head meta title link style body a nav p ol ul li main section article header footer h1 h2 h3 h4 h5 strong em span small div table thead tbody tr th td details summary figure figcaption dl dt dd pre code del ins script svg desc path rect line circle text") {
		elements[e] = true
	}
}

// checkStructure holds whatever the rows say: known elements only, one script, no handler, no address outside the page, unique ids that links and labels
// find, headings that skip no level, every drawing named.
func checkStructure(t testing.TB, root *html.Node) {
	t.Helper()
	ids := map[string]int{}
	for _, n := range all(root, func(*html.Node) bool { return true }) {
		if id := attr(n, "id"); id != "" {
			ids[id]++
			if ids[id] == 2 {
				t.Errorf("the id %q is given twice", id)
			}
		}
	}
	level, scripts := 0, 0
	for _, n := range all(root, func(*html.Node) bool { return true }) {
		if !elements[n.Data] {
			t.Errorf("the page holds an element <%s>", n.Data)
		}
		if n.Data == "script" {
			scripts++
			if strings.TrimSpace(n.FirstChild.Data) != strings.TrimSpace(script) {
				t.Errorf("a script that is not the page's own: %.80q", n.FirstChild.Data)
			}
		}
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			now := int(n.Data[1] - '0')
			if now > level+1 {
				t.Errorf("heading %q is of level %d after one of level %d", text(n), now, level)
			}
			level = now
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "src", a.Key == "srcset", a.Key == "action", a.Key == "formaction", a.Key == "xlink:href":
				t.Errorf("<%s> has the attribute %s", n.Data, a.Key)
			case a.Key == "href" && n.Data == "link":
				if a.Val != "data:," {
					t.Errorf("link to %q", a.Val)
				}
			case a.Key == "href":
				if !strings.HasPrefix(a.Val, "#") || ids[a.Val[1:]] != 1 {
					t.Errorf("a link leads to %q, which is not in the page", a.Val)
				}
			case a.Key == "aria-labelledby":
				for _, id := range strings.Fields(a.Val) {
					if ids[id] != 1 {
						t.Errorf("the label %q of <%s> is not in the page", id, n.Data)
					}
				}
			case a.Key == "style" && strings.ContainsAny(a.Val, "(;:") && !strings.HasPrefix(a.Val, "--") && !strings.HasPrefix(a.Val, "height:"):
				t.Errorf("style %q", a.Val)
			}
		}
		if n.Data == "svg" && attr(n, "aria-hidden") != "true" && attr(n, "aria-labelledby") == "" {
			t.Error("a drawing without a name")
		}
	}
	if scripts != 1 {
		t.Errorf("%d scripts, want the page's own", scripts)
	}
	landmarks := all(root, func(n *html.Node) bool {
		return n.Data == "main" || n.Data == "nav" || n.Data == "footer" || n.Data == "h1"
	})
	if len(landmarks) != 4 {
		t.Errorf("%d of nav, main, h1 and footer, want one each", len(landmarks))
	}
}

func TestStructure(t *testing.T) {
	source, root := draw(t, testRun)
	checkStructure(t, root)
	sheet := string(source[bytes.Index(source, []byte("<style>")):bytes.Index(source, []byte("</style>"))])
	for _, bad := range []string{"url(", "@import", "@font-face"} {
		if strings.Contains(sheet, bad) {
			t.Errorf("the style sheet holds %s", bad)
		}
	}
	for _, want := range []string{"prefers-color-scheme: dark", "@media print", ":focus-visible"} {
		if !strings.Contains(sheet, want) {
			t.Errorf("the style sheet lacks %s", want)
		}
	}
}

// poison replaces every text of a JSON value, the names in tables of counts included.
func poison(v any, key, s string, names bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			name := k
			if names {
				name = s + k
			}
			out[name] = poison(x, k, s, poisonedNames[k])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = poison(x, key, s, false)
		}
		return out
	case string:
		switch key {
		case "started", "Keep", "better":
			return v
		case "name", "Score", "score": // steps keep the names by which their findings are known
			return v + s
		}
		return s + v
	}
	return v
}

// poisonedNames are the members whose own members are named by the data.
var poisonedNames = map[string]bool{"dropped": true, "flags": true, "by_source": true, "by_lang": true, "scores": true, "by_audit": true, "langs": true, "written": true, "findings": true, "groups": true, "lang": true, "gender": true}

// shorten keeps the first ten of long arrays, so that a page is drawn often in a short time.
func shorten(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if steps, ok := x.([]any); ok && k == "steps" {
				for i, step := range steps {
					steps[i] = shorten(step)
				}
				continue
			}
			v[k] = shorten(x)
		}
	case []any:
		return v[:min(len(v), 10)]
	}
	return v
}

// poisoned loads the test run with a text put into everything that a row, a recipe or a model could have written.
func poisoned(t testing.TB, s string) *Run {
	t.Helper()
	run := &Run{Recipe: s}
	for _, f := range []struct {
		name string
		into any
	}{{"manifest.json", &run.Manifest}, {"ledger.json", &run.Ledger}, {"results.json", &run.Results}} {
		data, err := json.Marshal(poison(shorten(readJSON(t, filepath.Join(testRun, f.name))), "", s, false))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, f.into); err != nil {
			t.Fatal(err)
		}
	}
	for i := range run.Ledger.Steps { // findings of the known shapes must hold out as well
		step := &run.Ledger.Steps[i]
		step.Name = strings.TrimSuffix(step.Name, s)
	}
	plain, err := Load(testRun)
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range plain.Ledger.Steps {
		if step.Name == "measure_bias" || step.Name == "balance" {
			var v any
			if err := json.Unmarshal(step.Findings, &v); err != nil {
				t.Fatal(err)
			}
			data, err := json.Marshal(poison(v, "", s, false))
			if err != nil {
				t.Fatal(err)
			}
			run.Ledger.Steps[i].Findings = data
		}
	}
	for _, m := range plain.Metrics {
		for column, of := range m.Groups {
			delete(m.Groups, column)
			hostile := map[string]float64{}
			for k, x := range of {
				hostile[s+k] = x
			}
			m.Groups[column+s] = hostile
		}
		run.Metrics = append(run.Metrics, m)
	}
	return run
}

var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</style><script>alert(1)</script>`, `</script><script>alert(1)</script>`,
	`</title><script>alert(1)</script>`, `</svg><script>alert(1)</script>`, `<!--`, `--><b>`, `]]>`, `javascript:alert(1)`, `&lt;b&gt;&#60;`, `{{.Title}}`, "\x00\x01\x1b[31m", "\u202Egnp.exe\u2066", "\xff\xfe",
	`<a href="https://example.org/">x</a>`, `</pre></code></details></section></main>`, `<base href="https://example.org/">`, `%s%d%n`, "`${alert(1)}`",
}

func TestHostileTextStaysText(t *testing.T) {
	texts := slices.Clone(hostile)
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"<", ">", "\"", "'", "</", "<!--", "-->", "script", "style", "svg", "title", " onload=", "=", "&", "&#x3c;", ";", "/", "\x00", "\n", "\\", "{{", "}}", "javascript:", "`", "xlink:href", "]]>", "<![CDATA["}
	for range 40 {
		var b strings.Builder
		for range 2 + random.IntN(9) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		texts = append(texts, b.String())
	}
	for _, s := range texts {
		source, root := drawRun(t, poisoned(t, s))
		checkStructure(t, root)
		if t.Failed() {
			if err := os.WriteFile(filepath.Join(os.TempDir(), "report-hostile.html"), source, 0o644); err != nil {
				t.Log(err)
			}
			t.Fatalf("with the text %q", s)
		}
	}
}

func FuzzHostileText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1000 {
			return
		}
		_, root := drawRun(t, poisoned(t, s))
		checkStructure(t, root)
	})
}

func FuzzLedger(f *testing.F) {
	for _, name := range []string{"ledger.json", "manifest.json", "results.json"} {
		data, err := os.ReadFile(filepath.Join(testRun, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"steps":[{"in":-1,"dropped":{"a":9000000000000000000},"scores":{"s":{"n":3,"values":[{"v":1e308},{"v":-1e308},{"v":0}]}},"thresholds":[{"Score":"s","Limit":1e300}],"findings":{"a":[[[[[[1]]]]]]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		run := &Run{}
		for _, into := range []any{&run.Ledger, &run.Manifest, &run.Results} {
			if json.Unmarshal(data, into) != nil {
				return
			}
		}
		_, root := drawRun(t, run)
		checkStructure(t, root)
	})
}
