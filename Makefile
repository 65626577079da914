# Thin aliases of ./ghosteam, and the lock files.
.PHONY: demo test check down lock

demo test check:
	./ghosteam $@

down:
	./ghosteam local down

lock:
	./ghosteam lock
