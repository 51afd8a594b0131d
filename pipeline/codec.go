package pipeline

import (
	"fmt"
	"strings"

	"winnow/datasets"
	"winnow/filters"
	"winnow/tokenize/chat"
	"winnow/tokenize/pack"
)

// rowCodec turns rows of the data set into tokens, for training and for measures alike.
type rowCodec struct {
	*pack.Codec
	objective string
}

// Text returns the tokens of plain text.
func (c *rowCodec) Text(s string) []int32 { return signed(c.Plain([]byte(s))) }

// Row returns a row's tokens as in training.
func (c *rowCodec) Row(row *filters.Row) ([]int32, []bool, int, error) {
	in := c.input(row)
	messages := in.Messages
	if in.Chosen != nil {
		messages = in.Chosen
	}
	if messages == nil {
		e := c.Codec.Text(in.Text)
		return signed(e.Tokens), e.Labels, e.Bytes, nil
	}
	e, err := c.Chat(messages)
	return signed(e.Tokens), e.Labels, e.Bytes, err
}

// Prompt returns the tokens that ask for the row's last answer, and the answer. Of plain text the first half is the prompt.
func (c *rowCodec) Prompt(row *filters.Row) ([]int32, string, error) {
	in := c.input(row)
	messages := in.Messages
	if in.Chosen != nil {
		messages = in.Chosen
	}
	if messages == nil {
		text := []rune(string(in.Text))
		half := min(len(text)/2, 200)
		tokens := c.Text(string(text[:half]))
		if b := c.Begin(); b >= 0 {
			tokens = append([]int32{b}, tokens...)
		}
		return tokens, string(text[half:]), nil
	}
	last := len(messages) - 1
	for last > 0 && messages[last].Role != "assistant" {
		last--
	}
	tokens, err := c.Codec.Prompt(messages[:last])
	return signed(tokens), messages[last].Content, err
}

// Ask puts a question to the model.
func (c *rowCodec) Ask(question string) ([]int32, error) {
	if c.objective == "pretrain" {
		tokens := c.Text(question)
		if b := c.Begin(); b >= 0 {
			tokens = append([]int32{b}, tokens...)
		}
		return tokens, nil
	}
	tokens, err := c.Codec.Prompt([]chat.Message{{Role: "user", Content: question}})
	return signed(tokens), err
}

// input turns a row into what packing takes: a conversation for chat rows, pairs and labelled rows, unless the objective is to model plain text.
func (c *rowCodec) input(row *filters.Row) pack.Input {
	in := pack.Input{ID: row.ID, Weight: 1}
	if w, ok := row.Value(datasets.ColWeight).Float(); ok {
		in.Weight = float32(w)
	}
	switch row.Shape {
	case datasets.Messages, datasets.Preference:
		for _, p := range row.Pieces() {
			m := chat.Message{Role: p.Role, Content: string(p.Text)}
			in.Plain = in.Plain || p.Role == datasets.RoleText
			switch p.Column {
			case datasets.ColChosen:
				in.Chosen = append(in.Chosen, m)
			case datasets.ColRejected:
				in.Rejected = append(in.Rejected, m)
			default:
				in.Messages = append(in.Messages, m)
			}
		}
	case datasets.Labelled, datasets.Pair:
		pieces := row.Pieces()
		if len(pieces) == 2 {
			in.Messages = []chat.Message{{Role: "user", Content: string(pieces[0].Text)}, {Role: "assistant", Content: string(pieces[1].Text)}}
			break
		}
		in.Text = joined(pieces)
	default:
		in.Text = joined(row.Pieces())
	}
	if c.objective == "pretrain" && in.Messages != nil {
		var parts []string
		for _, m := range in.Messages {
			parts = append(parts, m.Content)
		}
		in.Messages, in.Text = nil, []byte(strings.Join(parts, "\n"))
	}
	return in
}

func joined(pieces []filters.Piece) []byte {
	var out []byte
	for i, p := range pieces {
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, p.Text...)
	}
	return out
}

func signed(ids []uint32) []int32 {
	out := make([]int32, len(ids))
	for i, id := range ids {
		out[i] = int32(id)
	}
	return out
}

// objectiveOf finds out what to train for from the shapes of the rows.
func objectiveOf(asked string, shapes []datasets.Shape) (string, error) {
	has := map[datasets.Shape]bool{}
	for _, s := range shapes {
		has[s] = true
	}
	switch {
	case asked != "auto":
		if (asked == "dpo" || asked == "orpo") && !has[datasets.Preference] {
			return "", fmt.Errorf("train.objective %s needs rows with the columns chosen and rejected; the sources have none", asked)
		}
		return asked, nil
	case has[datasets.Preference]:
		return "dpo", nil
	case has[datasets.Labelled]:
		return "classify", nil
	case has[datasets.Messages], has[datasets.Pair]:
		return "sft", nil
	}
	return "pretrain", nil
}
