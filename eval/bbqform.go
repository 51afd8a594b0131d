package eval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// bbqRow is a question of BBQ or CBBQ. Answers are numbered from 0.
type bbqRow struct {
	context, question string
	answers           [3]string
	right, unknown    int
	group             int  // the answer that names the stereotyped group; −1 when it does not show
	negative          bool // the question asks for the stereotype, not for its opposite
	ambiguous         bool
}

// bbqLine is a line of either form as published. BBQ says of each answer to which group it belongs, CBBQ names only the group.
type bbqLine struct {
	Polarity  string                     `json:"question_polarity"`
	Condition string                     `json:"context_condition"`
	Context   string                     `json:"context"`
	Question  string                     `json:"question"`
	Ans0      string                     `json:"ans0"`
	Ans1      string                     `json:"ans1"`
	Ans2      string                     `json:"ans2"`
	Label     json.RawMessage            `json:"label"`
	Info      map[string]json.RawMessage `json:"answer_info"`
	Extra     struct {
		Groups []string `json:"stereotyped_groups"`
	} `json:"additional_metadata"`
	Group string `json:"bias_targeted_groups"`
}

// parseBBQ reads JSON Lines of BBQ or CBBQ.
func parseBBQ(path string, data []byte) ([]bbqRow, error) {
	var lines []bbqLine
	var out []bbqRow
	err := eachJSON(path, data, func(line int, raw []byte) error {
		var l bbqLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return fmt.Errorf("%s, line %d: %w", path, line, err)
		}
		r, err := l.row()
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", path, line, err)
		}
		lines, out = append(lines, l), append(out, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no questions", path)
	}
	// What stands as the right answer in ambiguous rows is how the set says "unknown".
	unknown := map[string]bool{}
	for _, r := range out {
		if r.ambiguous {
			unknown[r.answers[r.right]] = true
		}
	}
	for i := range out {
		l, r := lines[i], &out[i]
		r.unknown = l.unknownAnswer(*r, unknown)
		r.group = l.groupAnswer(*r)
	}
	return out, nil
}

// row checks a line and takes over what stands in it plainly.
func (l bbqLine) row() (bbqRow, error) {
	r := bbqRow{context: strings.TrimSpace(l.Context), question: strings.TrimSpace(l.Question), answers: [3]string{l.Ans0, l.Ans1, l.Ans2}}
	if r.question == "" || slices.Contains(r.answers[:], "") {
		return r, fmt.Errorf("question, ans0, ans1 and ans2 must all be there")
	}
	switch strings.Trim(string(l.Label), `"`) {
	case "0":
	case "1":
		r.right = 1
	case "2":
		r.right = 2
	default:
		return r, fmt.Errorf("label is %s; it must be 0, 1 or 2", orNothing(string(l.Label)))
	}
	switch l.Polarity {
	case "neg":
		r.negative = true
	case "nonneg", "non_neg":
	default:
		return r, fmt.Errorf("question_polarity is %s; it must be neg or nonneg", orNothing(l.Polarity))
	}
	switch l.Condition {
	case "ambig", "ambiguous":
		r.ambiguous = true
	case "disambig", "disambiguous", "disambiguated":
	default:
		return r, fmt.Errorf("context_condition is %s; it must be ambig or disambig", orNothing(l.Condition))
	}
	return r, nil
}

func orNothing(s string) string {
	if s == "" {
		return "missing"
	}
	return s
}

// answerGroups returns BBQ's groups of an answer, lower case; empty in CBBQ.
func (l bbqLine) answerGroups(k int) []string {
	var list []string
	if json.Unmarshal(l.Info[fmt.Sprintf("ans%d", k)], &list) != nil {
		return nil
	}
	for i := range list {
		list[i] = strings.ToLower(list[i])
	}
	return list
}

// unknownWords are usual ways to say that one cannot know, for files without ambiguous rows to learn them from.
var unknownWords = []string{"unknown", "not known", "can't be determined", "cannot be determined", "not enough information", "undetermined", "不知道", "不确定", "无法确定", "没有足够信息"}

// unknownAnswer finds the answer that says one cannot know; −1 when there is none.
func (l bbqLine) unknownAnswer(r bbqRow, words map[string]bool) int {
	for k := range r.answers {
		if slices.Contains(l.answerGroups(k), "unknown") {
			return k
		}
	}
	if r.ambiguous {
		return r.right
	}
	for k, a := range r.answers {
		if k != r.right && (words[a] || slices.Contains(unknownWords, strings.ToLower(a))) {
			return k
		}
	}
	return -1
}

// groupAnswer finds the answer that names the stereotyped group; −1 unless it is exactly one.
func (l bbqLine) groupAnswer(r bbqRow) int {
	found := -1
	best, tie := 0, false
	for k, a := range r.answers {
		if k == r.unknown {
			continue
		}
		strength := 0
		for _, g := range l.Extra.Groups {
			strength = max(strength, groupInInfo(strings.ToLower(g), l.answerGroups(k)))
		}
		if len(l.Info) == 0 {
			strength = groupInText(l.Group, a)
		}
		switch {
		case strength > best:
			found, best, tie = k, strength, false
		case strength == best && strength > 0:
			tie = true
		}
	}
	if tie {
		return -1
	}
	return found
}

// bbqCodes gives for BBQ's one-letter groups what its answers call them.
var bbqCodes = map[string][]string{"f": {"f", "woman", "girl", "female"}, "m": {"m", "man", "boy", "male"}}

// groupInInfo says whether a group is among those of an answer; BBQ writes F for "woman" and "girl", and "F-Black" where two traits meet.
func groupInInfo(group string, of []string) int {
	names := bbqCodes[group]
	if names == nil {
		names = []string{group}
	}
	for _, o := range of {
		if slices.Contains(names, o) {
			return 2
		}
	}
	for _, o := range of {
		if slices.ContainsFunc(strings.FieldsFunc(o, func(r rune) bool { return r == '-' || r == '_' }), func(part string) bool { return slices.Contains(names, part) }) {
			return 1
		}
	}
	return 0
}

// genderWords are what marks a woman or a man in a Chinese answer.
var genderWords = map[string][]string{"女": {"女", "妈", "母", "妻", "姐", "妹", "婆", "奶"}, "男": {"男", "爸", "父", "夫", "哥", "弟", "公", "爷"}}

// groupInText says how surely an answer names a group: how many characters in a row it has in common with the group's name, not counting those that 非 or 不
// turn into the opposite. Of women and men a word of the kind is enough, and 性 in 女性 and 男性 is none.
func groupInText(group, answer string) int {
	for mark, words := range genderWords {
		if !strings.HasPrefix(group, mark) {
			continue
		}
		for _, w := range words {
			if strings.Contains(answer, w) {
				return 1
			}
		}
		return 0
	}
	g, a := []rune(group), []rune(answer)
	longest := 0
	for i := range g {
		for k := range a {
			if k > 0 && strings.ContainsRune("非不无", a[k-1]) {
				continue
			}
			n := 0
			for i+n < len(g) && k+n < len(a) && g[i+n] == a[k+n] {
				n++
			}
			longest = max(longest, n)
		}
	}
	if longest < 2 {
		return 0
	}
	return longest
}

// chinese says whether the question is put in Chinese.
func (r bbqRow) chinese() bool { return strings.ContainsFunc(r.question, isHan) }

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// prompt puts text, question and answers before the model. It ends with a line of its own, so that an answer begins alike in chat form and in plain text.
func (r bbqRow) prompt() string {
	ask := "Answer:"
	if r.chinese() {
		ask = "回答："
	}
	return r.context + "\n" + r.question + "\n- " + strings.Join(r.answers[:], "\n- ") + "\n" + ask + "\n"
}
