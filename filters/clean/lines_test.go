package clean

import (
	"strings"
	"testing"

	"winnow/filters"
	"winnow/filters/filtertest"
)

func TestLinesCases(t *testing.T) { filtertest.Cases(t, "lines") }
func TestHTMLCases(t *testing.T)  { filtertest.Cases(t, "html") }

func TestLinesUnknownKind(t *testing.T) {
	l := &Lines{Drop: []string{"boilerplates"}}
	if err := l.Prepare(t.Context(), &filtertest.Env{}); err == nil || !strings.Contains(err.Error(), `did you mean "boilerplate"`) {
		t.Errorf("got %v", err)
	}
}

func TestHTMLTitle(t *testing.T) {
	h := &HTML{Text: "main", Title: "title"}
	_, _, row := filtertest.Apply(t, h, filters.Each, "<html><head><title>On tea</title></head><body><p>Tea is hot, as a rule, and green or black.</p></body></html>")
	if got := row.String("title"); got != "On tea" {
		t.Errorf("title %q", got)
	}
}

// TestLinesFlags: every line that goes is flagged with its place in the text as it came.
func TestLinesFlags(t *testing.T) {
	l := filters.Lookup("lines").Defaults().(*Lines)
	in := "Home | Log in | Register\n一句话。\n分享到：微信 微博"
	row := filtertest.Row(in, nil)
	events, err := filters.Apply(filtertest.Prepare(t, l), filters.Each, row)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range events.Flags {
		got = append(got, f.Kind+": "+in[f.Start:f.End])
	}
	if want := "boilerplate: Home | Log in | Register, boilerplate: 分享到：微信 微博"; strings.Join(got, ", ") != want {
		t.Errorf("flags %q", got)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add("<p>a</p><p>b</p>")
	f.Add("<html><body><div><table><tr><td>x")
	h := filtertest.Prepare(f, filters.Lookup("html").Defaults())
	f.Fuzz(func(t *testing.T, s string) { filtertest.Run(t, h, h, filters.Each, s) })
}
