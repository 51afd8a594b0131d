package filters

// Apply runs one step on a row by the step's unit and returns what the step said. The events are valid until the next Apply on the row.
func Apply(s Step, unit Unit, r *Row) (Events, error) {
	r.events.Scores, r.events.Flags, r.events.Edited = r.events.Scores[:0], r.events.Flags[:0], false
	if unit == Whole {
		r.setCurrent(-1)
		err := s.Apply(r)
		return r.events, err
	}
	for i := range r.pieces {
		r.setCurrent(i)
		if err := s.Apply(r); err != nil {
			return r.events, err
		}
		if r.drop != "" {
			break
		}
	}
	return r.events, nil
}

// setCurrent chooses what Text means. What is known of the text stays when it is the same text.
func (r *Row) setCurrent(i int) {
	if i == r.current || len(r.pieces) == 1 && max(i, 0) == max(r.current, 0) {
		r.current = i
		return
	}
	r.current = i
	r.docOK = false
}

// Copies returns the copies that steps made of the row, in order, and forgets them; each goes on with the steps that follow.
func (r *Row) Copies() []*Row {
	out := r.copies
	return out
}
