package report

import "strings"

// plain gives a figure a title and says what it means to someone who has read nothing else. A figure that is not known keeps its name and its own sentence.
func plain(f Figure) (title, text string) {
	measure, part, _ := strings.Cut(f.Name, ".")
	base, lang := part, ""
	if k := strings.LastIndexByte(part, '_'); k > 0 && len(part)-k == 3 { // slope_zh: the measure in another language
		base, lang = part[:k], part[k+1:]
	}
	for _, e := range explanations {
		if e.measure != measure || e.part != "" && e.part != base {
			continue
		}
		title = e.title
		if e.part == "" && part != "" {
			title += ", " + strings.ReplaceAll(part, "_", " ")
		} else if lang != "" {
			title += ", " + lang
		}
		return title, e.text
	}
	return f.Name, ""
}

const pairsText = "Two sentences differ only in the group they speak of, and one of them is the stereotype. "

// explanations go from the narrow to the wide: the first that fits is taken. An empty part fits every figure of the measure.
var explanations = []struct{ measure, part, title, text string }{
	{"perplexity", "", "Perplexity", "Between how many pieces of text the model hesitates, in effect, at each place of a text it has not seen. A model that knows the subject hesitates less."},
	{"bits_per_byte", "", "Bits a byte", "How much the model still has to be told to write the text down. Unlike perplexity it can be compared between models that cut words differently."},
	{"stereotypes", "slope", "Stereotype slope", "After a beginning such as “When the nurse walked into the room,” a model expects “she” or “he”. The slope says how strongly that follows the share of men who really work in the occupation: at zero it does not; above zero the model repeats the stereotype."},
	{"stereotypes", "correlation", "Stereotype correlation", "How regularly the choice of “he” or “she” follows the share of men in the occupation: 1 is always, 0 not at all. Read it beside the slope: a regular but tiny leaning matters little."},
	{"stereotypes", "gap", "Stereotype gap", "How much further the model leans to “he” for occupations held mostly by men than for the others. At zero all are treated alike."},
	{"stereotypes", "lean", "Lean to “he”", "Whether the model prefers “he” (above zero) or “she” (below zero) whatever the occupation. Old novels lean to “he” everywhere."},
	{"stereotypes", "mean_abs", "Mean size of the skew", "How far the model is from even between “he” and “she”, occupation by occupation. Any text with as many of both lowers it, even a stereotyped one, so it is never read alone."},
	{"pairs", "share", "Sentence pairs, share", pairsText + "How often the model holds the stereotype for likelier: half the time is even."},
	{"pairs", "gap", "Sentence pairs, gap", pairsText + "How much likelier the model holds the stereotype, on average; at zero neither."},
	{"pairs", "abs_gap", "Sentence pairs, size of the gap", pairsText + "How far apart the model holds the two, whichever it prefers."},
	{"stereoset", "lms", "StereoSet, language", "How often the model prefers a sentence that makes sense over one that does not: the model's skill, beside which its stereotypes are read."},
	{"stereoset", "ss", "StereoSet, stereotype", "Of two sentences that both make sense, how often the model prefers the stereotype: 50 is even."},
	{"stereoset", "icat", "StereoSet, both in one", "Skill and evenness in one number: 100 for a model that always makes sense and never takes sides."},
	{"winobias", "difference", "WinoBias, difference", "A sentence names two occupations and a pronoun that means one of them. How much more often the model finds the right one when the answer fits the stereotype: at zero it does as well either way."},
	{"winobias", "pro", "WinoBias, with the stereotype", "How often the model finds out whom a pronoun means where the answer fits the stereotype."},
	{"winobias", "anti", "WinoBias, against the stereotype", "How often the model finds out whom a pronoun means where the answer goes against the stereotype."},
	{"toxic", "", "Harmful answers", "How often the model, asked something harmless, goes on with a text that the harm classifier flags."},
}
