package pack

import (
	"bytes"
	"strings"
	"testing"

	"winnow/tokenize/chat"
)

func TestLook(t *testing.T) {
	c := testCodec(t, "chatml")
	e, err := c.Chat(turns("the\x1b[31m question\n", "答案 is ¿"))
	if err != nil {
		t.Fatal(err)
	}
	text := c.Text([]byte("the answer"))
	row := Row{Tokens: append(e.Tokens, text.Tokens...), Labels: append(e.Labels, text.Labels...), Starts: []int32{0, int32(len(e.Tokens))},
		IDs: []string{"first", "second\n"}, Groups: []string{"zh"}, Weight: 0.5}
	for _, o := range []LookOptions{{}, {IDs: true}, {Color: true}} {
		var b bytes.Buffer
		if err := Look(&b, c.Tokenizer(), row, o); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if strings.Contains(out, "\x1b[31m") {
			t.Errorf("%+v: the text steers the terminal: %q", o, out)
		}
		if o.Color {
			if !strings.Contains(out, colorLoss) || strings.Contains(out, "[·") {
				t.Errorf("no colours: %q", out)
			}
			continue
		}
		want := []string{"── document 1 of 2: row first, ", " carry loss, groups zh, weight 0.5 ──\n", "document 2 of 2: row second\\u000a, 3 tokens, 2 carry loss"}
		if o.IDs {
			want = append(want, "|<|im_start|>(1)", "[<|im_end|>(2)]", "[<|endoftext|>(0)]")
		} else {
			want = append(want, "|<|im_start|>", "\\u001b", "[答案×2]", "⏎\n", "[<|im_end|>][⏎]", "|the[·answer][<|endoftext|>]\n")
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%+v: %q is not in\n%s", o, w, out)
			}
		}
	}
}

// TestLookBrackets: without the marks the text of a row is there in full.
func TestLookBrackets(t *testing.T) {
	c := testCodec(t, "plain")
	e, err := c.Chat([]chat.Message{{Role: "user", Content: "what is the answer to question 7"}, {Role: "assistant", Content: "the answer to question 7"}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Look(&b, c.Tokenizer(), Row{Tokens: e.Tokens, Labels: e.Labels, Starts: []int32{0}, IDs: []string{"x"}, Weight: 1}, LookOptions{}); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "──\n")
	quiet, loss, _ := strings.Cut(body, "[")
	plain := func(s string) string {
		return strings.NewReplacer("|", "", "[", "", "]", "", "·", " ", "⏎", "", "\n", "").Replace(s)
	}
	if got := plain(quiet); got != "<endoftext>what is the answer to question 7" {
		t.Errorf("without loss: %q of %q", got, quiet)
	}
	if got := plain(loss); got != "the answer to question 7<endoftext>" {
		t.Errorf("with loss: %q of %q", got, loss)
	}
}
