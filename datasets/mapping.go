package datasets

import (
	"fmt"
	"strings"
)

// candidate is a role and the column names that stand for it in published data sets, best first. Names are compared without case.
type candidate struct {
	role  string
	names []string
}

// rule recognises one shape by the names of its columns.
type rule struct {
	shape    Shape
	required []candidate
	optional []candidate
}

var (
	systemNames = candidate{roleSystem, []string{"system", "system_prompt"}}
	promptNames = candidate{rolePrompt, []string{"prompt", "question", "instruction", "query", "input"}}
	textNames   = candidate{ColText, []string{"text", "content", "document", "article", "body", "passage", "paragraph", "raw_content", "raw_text", "story",
		"abstract", "markdown", "sentence", "review", "comment", "tweet", "code", "正文", "内容", "文本", "全文", "句子", "评论"}}
	labelNames = candidate{ColLabel, []string{"label", "labels", "class", "category", "sentiment", "intent", "标签", "类别"}}
)

// rules in the order in which they are tried: shapes with unmistakable names first, plain text last. Names come from data sets as published on the
// Hugging Face hub and from the formats that LLaMA-Factory and TRL document (Alpaca, ShareGPT, conversational and standard preference).
var rules = func() []rule {
	out := []rule{
		{Messages, []candidate{{ColMessages, []string{"messages", "conversations", "conversation", "dialogue", "dialog", "dialogs", "chat", "turns"}}}, []candidate{systemNames}},
		{Preference, []candidate{{ColChosen, []string{"chosen", "chosen_response"}}, {ColRejected, []string{"rejected", "rejected_response", "reject"}}}, []candidate{promptNames, systemNames}},
	}
	for _, c := range sentencePairs {
		out = append(out, rule{Preference, []candidate{{ColChosen, []string{c.other}}, {ColRejected, []string{c.stereotype}}}, nil})
	}
	chat := func(prompt, response []string, optional ...candidate) {
		out = append(out, rule{Messages, []candidate{{rolePrompt, prompt}, {roleResponse, response}}, append(optional, systemNames, candidate{roleHistory, []string{"history"}})})
	}
	chat([]string{"instruction"}, []string{"output", "response", "answer", "completion"}, candidate{roleInput, []string{"input", "context"}})
	chat([]string{"prompt"}, []string{"completion", "response", "output", "answer"})
	chat([]string{"question"}, []string{"answer", "response", "output"})
	chat([]string{"query"}, []string{"response", "answer", "output"})
	chat([]string{"ask"}, []string{"answer"})
	chat([]string{"problem"}, []string{"solution", "answer"})
	chat([]string{"input", "inputs"}, []string{"output", "outputs", "response", "targets"})
	chat([]string{"human", "user"}, []string{"assistant", "bot", "gpt"})
	chat([]string{"指令", "问题", "提问", "问"}, []string{"输出", "回答", "答案", "答"})
	return append(out,
		rule{Pair, []candidate{{ColSourceText, []string{"source_text", "src_text"}}, {ColTargetText, []string{"target_text", "tgt_text"}}}, nil},
		rule{Pair, []candidate{{ColSourceText, []string{"src"}}, {ColTargetText, []string{"tgt"}}}, nil},
		rule{Pair, []candidate{{ColSourceText, []string{"source"}}, {ColTargetText, []string{"target"}}}, nil},
		rule{Labelled, []candidate{textNames, labelNames}, nil},
		rule{Text, []candidate{textNames}, nil},
	)
}()

// sentencePairs are the columns of pairs of plain sentences, one of them a stereotype: CrowS-Pairs (Nangia et al. 2020), and pairs of one's own. As preference rows the other sentence is
// the chosen one.
var sentencePairs = []struct{ stereotype, other string }{{"sent_more", "sent_less"}, {"stereotype", "anti"}}

// languageCodes are names of columns that hold one side of a sentence pair: ISO 639-1.
var languageCodes = func() map[string]bool {
	m := map[string]bool{}
	for code := range strings.FieldsSeq(`af am ar as az be bg bn bo br bs ca cs cy da de dv dz el en eo es et eu fa fi fo fr fy ga gd gl gu ha he hi hr ht hu hy id ig is
		it iu ja jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk ml mn mr ms mt my nb ne nl nn no oc or pa pl ps pt qu ro ru rw sa sd se si sk sl sm sn so sq sr st su sv
		sw ta te tg th ti tk tl tr tt ug uk ur uz vi vo wo xh yi yo yue zh zu`) {
		m[code] = true
	}
	return m
}()

// isLanguageCode accepts zh as well as zh-CN, zh_Hans and eng_Latn-like names whose first part is a two-letter code.
func isLanguageCode(name string) bool {
	code, region, found := strings.Cut(strings.ReplaceAll(strings.ToLower(name), "_", "-"), "-")
	return languageCodes[code] && (!found || len(region) >= 2 && len(region) <= 4)
}

// shapeOfMap returns the shape that the roles named in a source's map belong to, "" when they leave it open, and an error when they belong to two.
func shapeOfMap(m map[string]string, wanted string) (Shape, error) {
	has := func(roles ...string) bool {
		for _, r := range roles {
			if m[r] != "" {
				return true
			}
		}
		return false
	}
	for _, name := range sortedKeys(m) {
		if m[name] == "" {
			return "", fmt.Errorf("map: %s names no column", name)
		}
		if name == ColSource {
			return "", fmt.Errorf("map: the column %q holds the source's name in the recipe; choose another name for %q", ColSource, m[name])
		}
	}
	var shape Shape
	switch {
	case has(ColChosen, ColRejected):
		shape = Preference
	case has(ColMessages, roleResponse, roleInput, roleHistory), has(rolePrompt, roleSystem):
		shape = Messages
	case has(ColSourceText, ColTargetText):
		shape = Pair
	case has(ColLabel):
		shape = Labelled
	case has(ColText):
		shape = Text
	}
	allowed := map[Shape][]string{
		Preference: {ColChosen, ColRejected, rolePrompt, roleSystem},
		Messages:   {ColMessages, rolePrompt, roleResponse, roleSystem, roleInput, roleHistory},
		Pair:       {ColSourceText, ColTargetText}, Labelled: {ColText, ColLabel}, Text: {ColText},
	}
	if wanted != "auto" {
		w := Shape(wanted)
		switch {
		case shape == Messages && w == Preference && !has(ColMessages, roleResponse, roleInput, roleHistory), shape == Text && w == Labelled, shape == "":
			shape = w
		case shape != w:
			return "", fmt.Errorf("map: its names belong to the shape %s, but `shape` says %s", shape, w)
		}
	}
	if shape == "" {
		return "", nil
	}
	for _, role := range sortedKeys(m) {
		if !isRole(role) || role == ColID || contains(allowed[shape], role) {
			continue
		}
		return "", fmt.Errorf("map: %s does not go together with the names of the shape %s (%s); keep that column as an extra one under another name", role, shape, strings.Join(allowed[shape], ", "))
	}
	if shape == Messages && has(ColMessages) && has(rolePrompt, roleResponse, roleInput, roleHistory) {
		return "", fmt.Errorf("map: a row has either messages or prompt and response, not both")
	}
	return shape, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// contentMapping finds the columns that hold a row's content. explicit is the source's map; wanted its shape or "auto".
func contentMapping(explicit map[string]string, wanted string, seen []column) (Shape, map[string]string, error) {
	shape, err := shapeOfMap(explicit, wanted)
	if err != nil {
		return "", nil, err
	}
	given := map[string]string{}
	for role, name := range explicit {
		if isRole(role) && role != ColID {
			given[role] = name
		}
	}
	for _, r := range rules {
		if shape != "" && r.shape != shape {
			continue
		}
		if m := r.match(given, seen); m != nil {
			return r.shape, m, nil
		}
	}
	if shape == "" || shape == Pair {
		if m := languagePair(given, seen); m != nil {
			return Pair, m, nil
		}
	}
	if shape == "" || shape == Text {
		if name := onlyText(seen); name != "" && len(given) == 0 {
			return Text, map[string]string{ColText: name}, nil
		}
	}
	return "", nil, unmappedError(shape, given, seen)
}

// normalShapes recognises files in the normal schema that hold rows of several shapes, such as the output of a run over mixed sources: the columns id and
// source, and the content columns of two shapes or more. Each row then has the shape whose columns are not null.
func normalShapes(explicit map[string]string, wanted string, seen []column) []Shape {
	if len(explicit) > 0 || wanted != "auto" || findColumn(seen, ColID) < 0 || findColumn(seen, ColSource) < 0 {
		return nil
	}
	var shapes []Shape
	for _, s := range []Shape{Preference, Messages, Pair, Labelled, Text} {
		all := true
		for _, c := range s.ContentColumns() {
			i := findColumn(seen, c)
			all = all && i >= 0 && seen[i].fits(c)
		}
		if all {
			shapes = append(shapes, s)
		}
	}
	if len(shapes) < 2 || len(shapes) == 2 && shapes[0] == Labelled {
		return nil
	}
	return shapes
}

// match returns the roles' columns when every required role has one and every given role is used.
func (r *rule) match(given map[string]string, seen []column) map[string]string {
	m := map[string]string{}
	for i, c := range append(append([]candidate(nil), r.required...), r.optional...) {
		if name := given[c.role]; name != "" {
			m[c.role] = name
			continue
		}
		name := c.find(seen)
		if name == "" && i < len(r.required) {
			return nil
		}
		if name != "" && !used(given, name) {
			m[c.role] = name
		}
	}
	for role := range given {
		if m[role] == "" {
			return nil
		}
	}
	return m
}

func used(given map[string]string, name string) bool {
	for _, v := range given {
		if v == name {
			return true
		}
	}
	return false
}

// find returns the column that stands for a candidate's role and has a kind that can hold it.
func (c candidate) find(seen []column) string {
	for _, want := range c.names {
		for _, col := range seen {
			if strings.EqualFold(col.name, want) && col.fits(c.role) {
				return col.name
			}
		}
	}
	return ""
}

// fits reports whether a column found by its name can hold a role.
func (c *column) fits(role string) bool {
	switch role {
	case ColMessages:
		return c.turns
	case ColChosen, ColRejected, roleHistory:
		return c.kind == stringCell || c.kind == nestedCell
	case ColLabel:
		return c.kind == stringCell || c.kind == intCell || c.kind == boolCell
	case rolePrompt:
		return c.kind == stringCell || c.turns
	}
	return c.kind == stringCell
}

// languagePair recognises two columns named by language codes, or one nested column `translation` that holds two.
func languagePair(given map[string]string, seen []column) map[string]string {
	if len(given) > 0 {
		return nil
	}
	var sides []string
	for _, c := range seen {
		if c.kind == stringCell && isLanguageCode(c.name) && !strings.EqualFold(c.name, ColID) {
			sides = append(sides, c.name)
		}
		if c.kind == nestedCell && strings.EqualFold(c.name, "translation") && len(c.members) == 2 && isLanguageCode(c.members[0]) && isLanguageCode(c.members[1]) {
			return map[string]string{ColSourceText: c.name + "." + c.members[0], ColTargetText: c.name + "." + c.members[1]}
		}
	}
	if len(sides) != 2 {
		return nil
	}
	return map[string]string{ColSourceText: sides[0], ColTargetText: sides[1]}
}

// onlyText returns the only column that holds text, "" when there are several.
func onlyText(seen []column) string {
	name := ""
	for _, c := range seen {
		if c.kind != stringCell || strings.EqualFold(c.name, ColID) {
			continue
		}
		if name != "" {
			return ""
		}
		name = c.name
	}
	return name
}

// unmappedError says which columns there are and how to name the one that holds the text.
func unmappedError(shape Shape, given map[string]string, seen []column) error {
	var names []string
	longest := column{}
	for _, c := range seen {
		names = append(names, fmt.Sprintf("%s (%s)", c.name, c.kind))
		if c.kind == stringCell && c.length() > longest.length() {
			longest = c
		}
	}
	list := "it has none"
	if len(names) > 0 {
		list = strings.Join(names, ", ")
	}
	switch {
	case shape != "" && len(given) > 0:
		return fmt.Errorf("map: the names given do not make a row of shape %s, which needs %s; columns there are: %s", shape, needs(shape), list)
	case shape != "":
		return fmt.Errorf("no columns were recognised for the shape %s, which needs %s; name them with `map`. Columns there are: %s", shape, needs(shape), list)
	case longest.name != "":
		return fmt.Errorf("none of its columns has a name known to hold the content; say which, for example `map: {text: %s}`. Columns there are: %s", longest.name, list)
	}
	return fmt.Errorf("no column holds text; columns there are: %s", list)
}

func needs(s Shape) string {
	switch s {
	case Messages:
		return "messages, or prompt and response"
	case Preference:
		return "chosen and rejected"
	case Labelled:
		return "text and label"
	case Pair:
		return "source_text and target_text"
	}
	return "text"
}
