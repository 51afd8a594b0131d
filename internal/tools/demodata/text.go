package main

import "strings"

// language holds the sentences of one language. In them {p} is a plant, {t} a part of it, {s} a season, {m} a material, {n} a number, {a} an amount, {v} an advice verb.
type language struct {
	code    string
	unit    string // what separates words; "" for characters
	gap     string // what separates sentences
	plants  []string
	slots   map[string][]string
	topics  []topic
	menus   []string
	fill    []string
	contact string
	insults []string
	slogans []string
	people  []string
}

// topic is what a question can be about.
type topic struct {
	name      string
	questions []string
	answers   []string
}

// clean makes one question with an answer of four to six different sentences.
func (g *generator) clean() row {
	t := pick(g, g.topics)
	plant := pick(g, g.plants)
	sentences := append([]string(nil), t.answers...)
	sentences = append(sentences, g.topics[(g.rng.IntN(len(g.topics)))].answers...)
	g.rng.Shuffle(len(sentences), func(i, j int) { sentences[i], sentences[j] = sentences[j], sentences[i] })
	sentences = sentences[:4+g.rng.IntN(3)]
	for i := range sentences {
		sentences[i] = g.fillSlots(sentences[i], plant)
	}
	return g.fresh(row{Question: g.fillSlots(pick(g, t.questions), plant), Answer: strings.Join(sentences, g.gap), Topic: t.name})
}

func (g *generator) fillSlots(s, plant string) string {
	s = strings.ReplaceAll(s, "{p}", plant)
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			return s
		}
		j := i + strings.IndexByte(s[i:], '}')
		s = s[:i] + pick(g, g.slots[s[i+1:j]]) + s[j+1:]
	}
}

var english = &language{
	code: "en", unit: " ", gap: " ",
	plants: []string{"monstera", "peace lily", "snake plant", "jade plant", "spider plant", "rubber tree", "calathea", "boston fern", "haworthia", "moth orchid", "string of pearls", "fiddle-leaf fig", "begonia", "cactus", "dwarf palm", "climbing ivy"},
	slots: map[string][]string{
		"t": {"the lower leaves", "the roots", "the newest leaf", "the stem", "the leaf tips", "the crown", "the flower buds"},
		"s": {"early spring", "high summer", "late autumn", "the darkest weeks of winter", "the first warm days of the year"},
		"m": {"coarse bark", "perlite", "washed sand", "coconut fibre", "clay pebbles", "leaf mould", "broken brick"},
		"n": {"two", "three", "four", "six", "ten"},
		"a": {"half a cup", "a small glass", "one litre", "a few spoonfuls", "as much as drains within a minute"},
		"w": {"a north window", "a bright bathroom", "a cool hallway", "a kitchen shelf", "a south-facing sill behind a curtain", "a heated living room"},
		"c": {"pale yellow", "brown and crisp", "almost black", "soft and glassy", "dull grey", "spotted with rust"},
		"d": {"thrips", "spider mites", "scale insects", "fungus gnats", "root rot", "powdery mildew", "sunburn"},
	},
	topics: []topic{
		{"water", []string{"How often should I water a {p}?", "My {p} droops by noon. Is it thirsty?", "How much water does a {p} need in {s}?"}, []string{
			"Push a finger into the soil up to the second joint, and water only when it comes out dry.",
			"In {s} a {p} drinks {a} about every {n} days, and far less when it stands in {w}.",
			"Pour {a} slowly around the edge of the pot instead of over {t}.",
			"Tap water that has stood overnight in a jug suits a {p} better than water straight from the tap.",
			"If {t} turn {c}, wait {n} days before the next watering and feel the soil again.",
			"A pot without a hole keeps water at the bottom, where {t} cannot breathe.",
			"Lift the pot: a light one has dried out, a heavy one can wait another {n} days.",
			"Mixing {m} into the soil lets surplus water run off within a minute or so."}},
		{"light", []string{"Where should a {p} stand in the flat?", "Can a {p} live in {w}?", "Is {w} bright enough for a {p}?"}, []string{
			"A {p} likes {w} best, provided that no draught reaches {t}.",
			"Turn the pot a quarter every {n} weeks so that {t} grow evenly on all sides.",
			"Direct sun in {s} can leave {t} {c} within a single afternoon.",
			"When new shoots grow long and thin, move the plant closer to the glass by {n} hand widths.",
			"Dust on a leaf takes away light, so wipe {t} with a damp cloth every {n} weeks.",
			"A lamp {n} hand widths above the crown replaces the sun during {s}.",
			"Plants that moved from a shop to {w} often shed {n} leaves before they settle."}},
		{"pests", []string{"What are the specks on my {p}?", "What helps against {d} on a {p}?", "Are {d} dangerous for the {p} beside it?"}, []string{
			"Put the {p} into quarantine in {w} until no {d} have been seen for {n} weeks.",
			"Rinse {t} with lukewarm water from below, for {d} hide where the leaf is shaded.",
			"A drop of soft soap in {a} of rain water, sprayed every {n} days, keeps {d} down.",
			"Yellow sticky cards show whether {d} still fly around the pot after {n} days.",
			"Cut away what has turned {c} and throw it into the rubbish, not onto the compost.",
			"Dry heated air in {s} invites {d}; a bowl filled with wet {m} raises the humidity.",
			"Look at {t} through a magnifying glass once a week, best in the morning."}},
		{"soil", []string{"Which soil is right for a {p}?", "When should I repot my {p}?", "May I plant a {p} in {m}?"}, []string{
			"Repot a {p} in {s}, when {t} begin to grow through the hole of the pot.",
			"{n} parts of potting soil and one part of {m} make a mixture that stays loose for years.",
			"Choose a new pot only {n} fingers wider than the old one, or the soil stays wet too long.",
			"Shake off the old soil gently and cut roots that look {c} with a clean knife.",
			"A layer of {m} at the bottom does not help drainage as much as a larger hole does.",
			"After repotting, keep the {p} in {w} for {n} weeks and do not feed it.",
			"Soil that smells sour has been wet for too long and should be replaced with {m} and fresh earth."}},
		{"growth", []string{"How can I multiply my {p}?", "Why does my {p} not flower?", "Does a {p} need fertiliser in {s}?"}, []string{
			"Take a cutting with {n} leaves in {s} and set it in moist {m} under a clear bag.",
			"Roots appear after about {n} weeks when {t} stay warm and the air is humid.",
			"Feed a {p} with half the dose on the label, every {n} weeks from {s} onwards.",
			"Too much fertiliser shows when {t} look {c} although the soil is moist.",
			"A {p} that had a cool rest in {w} flowers more willingly in {s}.",
			"Pinch out {t} to make the plant branch, and use what you cut as cuttings.",
			"Divide an old {p} with a sharp knife so that each part keeps {n} healthy shoots."}},
	},
	menus:   []string{"Home | Shop | Log in | Contact us", "Copyright 2011-2024 Green Corner. All rights reserved.", "Read more >>", "Share on Facebook Twitter Pinterest", "We use cookies. See our privacy policy.", "Subscribe to our newsletter | Terms of use"},
	fill:    []string{"quite", "often", "perhaps", "really", "soon", "mostly"},
	contact: " For pictures write to %s and we will answer within a week.",
	insults: []string{"You are a stupid worthless idiot and everybody hates you.", "Shut up, you dumb piece of trash, go to hell.", "What a disgusting moron, you ugly pathetic bitch.", "Those filthy idiots are trash and deserve to die.", "You fucking moron, you are too stupid to keep a weed alive."},
	slogans: []string{"Buy the best plant food in town today!", "Order now and save on every single pot!", "Our miracle powder makes all leaves shine!"},
	people: []string{
		"The gardener said that he had cut back the %s himself before he went home.", "The florist told us that she wraps her %s in paper because she worries about the cold.",
		"Ask the engineer in the greenhouse: he built the heating and he knows what his %s needs.", "The nurse next door keeps a %s on her desk; she waters it whenever she makes tea.",
		"The carpenter made the shelf for the %s himself, as he does with all his furniture.", "The secretary moved her %s away from the radiator, and she was glad that she did."},
}
