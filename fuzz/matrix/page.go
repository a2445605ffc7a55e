package matrix

// WritePages is to come.
func (r *Report) WritePages(path string) error { return nil }
