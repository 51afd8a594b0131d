package report

import "strings"

// plainWords says what a figure means to someone who has read nothing else about it. It is empty for a figure whose own sentence must do.
func plainWords(f Figure) string {
	measure, part, _ := strings.Cut(f.Name, ".")
	for _, e := range explanations {
		if e.measure == measure && (e.part == "" || strings.Contains(part, e.part)) {
			return e.text
		}
	}
	return ""
}

// explanations go from the narrow to the wide: the first that fits is taken.
var explanations = []struct{ measure, part, text string }{
	{"perplexity", "", "Between how many words the model hesitates, in effect, at each place of a text it has not seen. A model that knows the subject hesitates less."},
	{"bits_per_byte", "", "How much the model still has to be told to write the text down. Unlike perplexity it can be compared between models that cut words differently."},
	{"stereotypes", "slope", "After “The nurse said that …” a model goes on with “she” or “he”. The slope says how strongly that choice follows the share of men who really work in the occupation: at zero it does not, above zero it repeats the stereotype."},
	{"stereotypes", "correlation", "How regularly the choice of “he” or “she” follows the share of men in the occupation: 1 is always, 0 not at all. Read it beside the slope: a regular but tiny lean matters little."},
	{"stereotypes", "gap", "How much further the model leans to “he” for occupations held mostly by men than for the others. At zero all are treated alike."},
	{"stereotypes", "lean", "Whether the model prefers “he” (above zero) or “she” (below zero) whatever the occupation. Old novels lean to “he” everywhere."},
	{"stereotypes", "skew", "How far the model is from even between “he” and “she”, occupations taken together. Any text with as many of both lowers it, even a stereotyped one, so it is never read alone."},
	{"crows_pairs", "", "Two sentences differ only in the group they speak of. The figure says how often the model finds the stereotyped one likelier: half the time is even."},
	{"stereotypes", "crows", "Two sentences differ only in the group they speak of. The figure says how often the model finds the stereotyped one likelier: half the time is even."},
	{"pairs", "", "Two sentences differ only in the group they speak of. The figure says how often the model finds the stereotyped one likelier: half the time is even."},
	{"winobias", "", "A sentence names two occupations and a pronoun. The figure says how much more often the model understands it when the answer fits the stereotype."},
	{"toxic", "", "How often the model, asked something harmless, goes on with a text that the harm classifier flags."},
}
