package text

import (
	"slices"
	"testing"
)

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"One. Two! Three? Four", []string{"One.", "Two!", "Three?", "Four"}},
		{"Dr. Smith met Mr. J. Brown at 3.30 p.m. on Monday. They left.", []string{"Dr. Smith met Mr. J. Brown at 3.30 p.m. on Monday.", "They left."}},
		{`He said: "Stop!" Then he left. "Why?" she asked.`, []string{`He said: "Stop!"`, "Then he left.", `"Why?"`, "she asked."}},
		{"今天天气很好。我们去公园吧！“好啊？”他说……然后走了", []string{"今天天气很好。", "我们去公园吧！", "“好啊？”", "他说……", "然后走了"}},
		{"a line broken\nfor its width, and\nno end. Next\n\nparagraph", []string{"a line broken\nfor its width, and\nno end.", "Next", "paragraph"}},
		{"- item one\n- item two\n第一条\n第二条", []string{"- item one", "- item two", "第一条", "第二条"}},
		{"1. First point. 2.5 mg daily.", []string{"1. First point.", "2.5 mg daily."}},
		{"v1.2.3 of example.org is out", []string{"v1.2.3 of example.org is out"}},
		{"", nil}, {" \n ", nil}, {"...", []string{"..."}},
	} {
		var d Doc
		d.Reset([]byte(c.text))
		var got []string
		for _, s := range d.Sentences() {
			got = append(got, c.text[s.Start:s.End])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q:\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

// FuzzSentences: sentences stand in order, do not overlap and leave out nothing but white space.
func FuzzSentences(f *testing.F) {
	f.Add("One. Two。\n\n- x")
	f.Add("\xff!\xe3\x80")
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, x := range Sentences(nil, []byte(s)) {
			if int(x.Start) < last || x.End <= x.Start || int(x.End) > len(s) {
				t.Fatalf("%q: %v after %d", s, x, last)
			}
			for i := last; i < int(x.Start); i++ {
				if !isSpaceByte(s[i]) {
					t.Fatalf("%q: byte %d is in no sentence", s, i)
				}
			}
			last = int(x.End)
		}
		for i := last; i < len(s); i++ {
			if !isSpaceByte(s[i]) {
				t.Fatalf("%q: byte %d is in no sentence", s, i)
			}
		}
	})
}

func BenchmarkSentences(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		text := benchText(b, lang)
		var spans []Span
		b.Run(lang, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				spans = Sentences(spans[:0], text)
			}
		})
	}
}
