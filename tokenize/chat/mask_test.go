package chat

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var dialogue = []Message{{Role: "system", Content: "Be brief."}, {Role: "user", Content: "Hi "}, {Role: "assistant", Content: "Hello."}, {Role: "user", Content: "再见"}, {Role: "assistant", Content: "Bye!"}}

// TestBuiltin fixes the text of every built-in template, the assistant's part of it in ‹›, and where the next answer would begin.
func TestBuiltin(t *testing.T) {
	want := map[string]string{
		"chatml":  "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi <|im_end|>\n<|im_start|>assistant\n‹Hello.<|im_end|>\n›<|im_start|>user\n再见<|im_end|>\n<|im_start|>assistant\n‹Bye!<|im_end|>\n›",
		"alpaca":  "<s>Be brief.\n\n### Instruction:\nHi \n\n### Response:\n‹Hello.</s>›\n\n### Instruction:\n再见\n\n### Response:\n‹Bye!</s>›",
		"plain":   "<s>Be brief.\nHi \n‹Hello.</s>›\n再见\n‹Bye!</s>›",
		"llama3":  "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n‹Hello.<|eot_id|>›<|start_header_id|>user<|end_header_id|>\n\n再见<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n‹Bye!<|eot_id|>›",
		"mistral": "<s>[INST] Be brief.\n\nHi [/INST]‹ Hello.</s>›[INST] 再见[/INST]‹ Bye!</s>›",
		"qwen2.5": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi <|im_end|>\n<|im_start|>assistant\n‹Hello.<|im_end|>\n›<|im_start|>user\n再见<|im_end|>\n<|im_start|>assistant\n‹Bye!<|im_end|>\n›",
	}
	for _, name := range Names() {
		tmpl, err := Open(name, Options{BOS: "<s>", EOS: "</s>"})
		if err != nil {
			t.Fatal(err)
		}
		text, spans, _, err := tmpl.Mask(dialogue, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := marked(text, spans); got != want[name] {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want[name])
		}
		prompt, _, err := tmpl.Render(dialogue[:4], nil, true)
		if last := spans[len(spans)-1]; err != nil || prompt != text[:last.Start] {
			t.Errorf("%s: the prompt is %q (%v); the answer's label begins after %q", name, prompt, err, text[:last.Start])
		}
	}
}

func marked(text string, spans []Span) string {
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.Start] + "‹" + text[s.Start:s.End] + "›")
		at = s.End
	}
	return b.String() + text[at:]
}

// TestQwenTools compares the built-in template with what Qwen2.5 expects of a dialogue with tool calls.
func TestQwenTools(t *testing.T) {
	messages, err := ParseMessages([]byte(`[{"role": "user", "content": "Weather?"},
		{"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "weather", "arguments": {"city": "巴黎", "days": 1.0}}}]},
		{"role": "tool", "content": "21"}, {"role": "tool", "content": "22"}, {"role": "assistant", "content": "Warm."}]`))
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := Open("qwen2.5", Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, spans, rule, err := tmpl.Mask(messages, []byte(`[{"type": "function", "function": {"name": "weather"}}]`))
	if err != nil {
		t.Fatal(err)
	}
	_, turns, _ := strings.Cut(marked(text, spans), "</tools>")
	_, turns, _ = strings.Cut(turns, "<|im_end|>\n")
	want := "<|im_start|>user\nWeather?<|im_end|>\n<|im_start|>assistant\n‹<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"巴黎\", \"days\": 1.0}}\n</tool_call><|im_end|>\n›" +
		"<|im_start|>user\n<tool_response>\n21\n</tool_response>\n<tool_response>\n22\n</tool_response><|im_end|>\n<|im_start|>assistant\n‹Warm.<|im_end|>\n›"
	if turns != want || rule != ByPrefix {
		t.Errorf("rule %s\n got %q\nwant %q", rule, turns, want)
	}
	if !strings.Contains(text, "<tools>\n{\"type\": \"function\", \"function\": {\"name\": \"weather\"}}\n</tools>") {
		t.Errorf("the tools are not described: %q", text)
	}
}

// rewriting drops what stands before "|" in all turns but the last, as Qwen3 does with reasoning.
const rewriting = "{% for m in messages %}<{{ m.role }}>{{ m.content if loop.last else m.content.split('|')[-1] }}</>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"

func TestRewriting(t *testing.T) {
	messages := []Message{{Role: "user", Content: "1+1"}, {Role: "assistant", Content: "think|2"}, {Role: "user", Content: "1+2"}, {Role: "assistant", Content: "think|3"}}
	for last, want := range map[bool]string{false: "", true: "<user>1+1</><assistant>2</><user>1+2</><assistant>‹think|3</>›"} {
		tmpl, err := Parse(rewriting, Options{LastTurn: last})
		if err != nil {
			t.Fatal(err)
		}
		text, spans, rule, err := tmpl.Mask(messages, nil)
		if last && (err != nil || rule != ByLast || marked(text, spans) != want) {
			t.Errorf("last turn: %s %v %q", rule, err, marked(text, spans))
		}
		if !last && (!errors.Is(err, ErrRewrites) || rule != ByNone || spans != nil) {
			t.Errorf("all turns: %s %v %v; wanted ErrRewrites", rule, err, spans)
		}
		if _, spans, rule, err := tmpl.Mask(messages[:2], nil); err != nil || rule != ByPrefix || len(spans) != 1 {
			t.Errorf("one turn: %s %v %v", rule, err, spans)
		}
	}
}

func TestSkipEmptyThink(t *testing.T) {
	for turn, want := range map[string]string{
		"<think>\n\n</think>\n\nyes":     "<a><think>\n\n</think>\n\n‹yes</a>›",
		"<think>\nbecause\n</think>\nok": "<a>‹<think>\nbecause\n</think>\nok</a>›",
		"no thoughts":                    "<a>‹no thoughts</a>›",
	} {
		tmpl, err := Parse("{% for m in messages %}<a>{% generation %}{{ m.content }}</a>{% endgeneration %}{% endfor %}", Options{SkipEmptyThink: true})
		if err != nil {
			t.Fatal(err)
		}
		text, spans, _, err := tmpl.Mask([]Message{{Role: "assistant", Content: turn}}, nil)
		if err != nil || marked(text, spans) != want {
			t.Errorf("%q: %q, %v", turn, marked(text, spans), err)
		}
	}
}

func TestLabelsAtBorders(t *testing.T) {
	tokens := [][2]int32{{0, 2}, {2, 5}, {5, 5}, {5, 6}, {6, 9}, {9, 12}, {12, 13}}
	spans := []Span{{4, 6}, {9, 12}}
	want := []bool{false, true, true, true, false, true, false}
	for i, l := range Labels(tokens, spans) {
		if l != want[i] {
			t.Errorf("token %d %v: label %v", i, tokens[i], l)
		}
	}
	if n := Straddling(tokens, spans); n != 1 {
		t.Errorf("%d tokens straddle a border, wanted the one at 2 to 5", n)
	}
}

func TestParseMessages(t *testing.T) {
	for text, want := range map[string]string{
		`[{"role": "user"}]`:                     "",
		`[{"role": "user", "content": null}]`:    "",
		`[]`:                                     "",
		`{"role": "user"}`:                       "must be a JSON list",
		`[{"content": "x"}]`:                     `message 1: it has no "role"`,
		`[{"role": "user"}, {"role": 3}]`:        `message 2: it has no "role"`,
		`[7]`:                                    `message 1: it has no "role"`,
		`[{"role": "user", "content": "x"}`:      "unexpected end",
		`[{"role": "user", "content": "a"}] [1]`: "after top-level value",
	} {
		_, err := ParseMessages([]byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v; should say %q", text, err, want)
		}
	}
	tmpl, err := Parse("{% for m in messages %}{{ m.content is defined }} {{ m.content is none }};{% endfor %}", Options{})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := ParseMessages([]byte(`[{"role": "a"}, {"role": "a", "content": null}, {"role": "a", "content": ""}]`))
	if err != nil {
		t.Fatal(err)
	}
	if text, _, err := tmpl.Render(messages, nil, false); err != nil || text != "False False;True True;True False;" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestDate: without a given date a template cannot see today's.
func TestDate(t *testing.T) {
	const source = "{{ strftime_now('%d %b %Y') if strftime_now is defined else 'no date' }} {{ extra }}"
	tmpl, err := Parse(source, Options{Vars: map[string]any{"extra": 3}})
	if err != nil {
		t.Fatal(err)
	}
	if text, _, err := tmpl.Render(nil, nil, false); err != nil || text != "no date 3" {
		t.Errorf("%q, %v", text, err)
	}
	dated, err := Parse(source, Options{Now: time.Date(2024, 7, 26, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if text, _, err := dated.Render(nil, nil, false); err != nil || text != "26 Jul 2024 " {
		t.Errorf("%q, %v", text, err)
	}
	if tmpl.Digest() == dated.Digest() {
		t.Error("the digest does not depend on the date and the variables")
	}
}
