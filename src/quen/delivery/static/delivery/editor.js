// The template editor: line numbers, live preview while typing, whom to look as, the width of the preview.
document.addEventListener("alpine:init", function () {
  Alpine.data("templateEditor", function () {
    return {
      phone: false,
      timer: 0,
      saved: "",

      init() {
        this.number();
        this.saved = this.state();
        var self = this;
        this.$refs.source.addEventListener("keydown", function (event) { self.key(event); });
        this.leaving = function (event) { if (self.state() !== self.saved) event.preventDefault(); };
        window.addEventListener("beforeunload", this.leaving);
        document.getElementById("editor").addEventListener("submit", function () {
          window.removeEventListener("beforeunload", self.leaving);
        });
      },

      get desktop() { return !this.phone; },
      get desktopClass() { return this.phone ? "" : "active"; },
      get phoneClass() { return this.phone ? "active" : ""; },
      get previewClass() { return this.phone ? "q-phone" : ""; },
      asDesktop() { this.phone = false; },
      asPhone() { this.phone = true; },

      state() {
        return document.getElementById("id_name").value + "\n" + document.getElementById("id_subject").value + "\n" + this.$refs.source.value;
      },

      changed() {
        this.number();
        clearTimeout(this.timer);
        this.timer = setTimeout(function () { htmx.trigger(document.body, "preview"); }, 450);
      },

      number() {
        var lines = this.$refs.source.value.split("\n").length;
        if (lines === this.lines) return;
        this.lines = lines;
        var text = "";
        for (var n = 1; n <= lines; n++) text += n + "\n";
        this.$refs.gutter.textContent = text;
      },

      scrolled() { this.$refs.gutter.scrollTop = this.$refs.source.scrollTop; },

      key(event) {
        // Ctrl+S saves, as in every editor. Tab stays what it is for people without a mouse.
        if ((event.ctrlKey || event.metaKey) && event.key === "s") {
          event.preventDefault();
          document.getElementById("editor").requestSubmit();
        }
      },

      choose(event) {
        var button = event.target.closest("[data-person]");
        if (!button) return;
        document.getElementById("preview-person").value = button.dataset.person;
        document.getElementById("preview-name").textContent = button.dataset.name;
        htmx.trigger(document.body, "preview");
        var toggle = document.querySelector(".q-preview-bar .dropdown-toggle");
        toggle.click();
        toggle.focus();
      },

      goToLine(event) {
        var button = event.target.closest("[data-line]");
        if (!button) return;
        var source = this.$refs.source;
        var lines = source.value.split("\n");
        var line = Math.min(Number(button.dataset.line), lines.length);
        var start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
        source.focus();
        source.setSelectionRange(start, start + lines[line - 1].length);
        source.scrollTop = Math.max(0, (line - 6) * 20);
        this.scrolled();
      }
    };
  });
});
