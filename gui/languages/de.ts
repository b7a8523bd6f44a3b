<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
  <context>
    <name>ionecho</name>
    <message>
      <source> at {moment}</source>
      <translation> um {moment}</translation>
    </message>
    <message>
      <source>% of |Z|</source>
      <translation>% von |Z|</translation>
    </message>
    <message>
      <source>&amp;Analyse</source>
      <translation>&amp;Auswertung</translation>
    </message>
    <message>
      <source>&amp;Commands …</source>
      <translation>&amp;Befehle …</translation>
    </message>
    <message>
      <source>&amp;Compare the runs</source>
      <translation>Messungen &amp;vergleichen</translation>
    </message>
    <message>
      <source>&amp;Diagnose</source>
      <translation>&amp;Diagnostizieren</translation>
    </message>
    <message>
      <source>&amp;Docks</source>
      <translation>&amp;Bereiche</translation>
    </message>
    <message>
      <source>&amp;Edit</source>
      <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
      <source>&amp;Edit a protocol …</source>
      <translation>Protokoll &amp;bearbeiten …</translation>
    </message>
    <message>
      <source>&amp;Export data …</source>
      <translation>Daten &amp;exportieren …</translation>
    </message>
    <message>
      <source>&amp;File</source>
      <translation>&amp;Datei</translation>
    </message>
    <message>
      <source>&amp;Find runs …</source>
      <translation>Messungen &amp;finden …</translation>
    </message>
    <message>
      <source>&amp;Go to</source>
      <translation>&amp;Gehe zu</translation>
    </message>
    <message>
      <source>&amp;Help</source>
      <translation>&amp;Hilfe</translation>
    </message>
    <message>
      <source>&amp;Instrument</source>
      <translation>&amp;Gerät</translation>
    </message>
    <message>
      <source>&amp;Language</source>
      <translation>&amp;Sprache</translation>
    </message>
    <message>
      <source>&amp;Live fit</source>
      <translation>Mit&amp;laufende Anpassung</translation>
    </message>
    <message>
      <source>&amp;New protocol …</source>
      <translation>&amp;Neues Protokoll …</translation>
    </message>
    <message>
      <source>&amp;Open …</source>
      <translation>Ö&amp;ffnen …</translation>
    </message>
    <message>
      <source>&amp;Plan the edited protocol</source>
      <translation>Bearbeitetes Protokoll &amp;planen</translation>
    </message>
    <message>
      <source>&amp;Posterior</source>
      <translation>A-&amp;posteriori-Verteilung</translation>
    </message>
    <message>
      <source>&amp;Protocol</source>
      <translation>&amp;Protokoll</translation>
    </message>
    <message>
      <source>&amp;Queue the edited protocol</source>
      <translation>Bearbeitetes Protokoll &amp;einreihen</translation>
    </message>
    <message>
      <source>&amp;Quit</source>
      <translation>&amp;Beenden</translation>
    </message>
    <message>
      <source>&amp;Rank the models</source>
      <translation>Modelle ver&amp;gleichen</translation>
    </message>
    <message>
      <source>&amp;Redo</source>
      <translation>&amp;Wiederholen</translation>
    </message>
    <message>
      <source>&amp;Reset the layout</source>
      <translation>Anordnung &amp;zurücksetzen</translation>
    </message>
    <message>
      <source>&amp;Run</source>
      <translation>&amp;Messung</translation>
    </message>
    <message>
      <source>&amp;Save</source>
      <translation>&amp;Speichern</translation>
    </message>
    <message>
      <source>&amp;Spectrum of relaxations</source>
      <translation>&amp;Spektrum der Relaxationen</translation>
    </message>
    <message>
      <source>&amp;Theme</source>
      <translation>&amp;Farben</translation>
    </message>
    <message>
      <source>&amp;Undo</source>
      <translation>&amp;Rückgängig</translation>
    </message>
    <message>
      <source>&amp;View</source>
      <translation>&amp;Ansicht</translation>
    </message>
    <message>
      <source>, and {n} more over it</source>
      <translation>, und {n} weitere darüber</translation>
    </message>
    <message>
      <source>, noise {noise}</source>
      <translation>, Rauschen {noise}</translation>
    </message>
    <message>
      <source>, seen by the operator</source>
      <translation>, von der Person am Gerät gesehen</translation>
    </message>
    <message>
      <source>1000 K / temperature</source>
      <translation>1000 K / Temperatur</translation>
    </message>
    <message>
      <source>95 %</source>
      <translation>95 %</translation>
    </message>
    <message>
      <source>95 % interval</source>
      <translation>95-%-Intervall</translation>
    </message>
    <message>
      <source>95 % interval by the curvature: {low} … {high}</source>
      <translation>95-%-Intervall aus der Krümmung: {low} … {high}</translation>
    </message>
    <message>
      <source>95 %: {interval}</source>
      <translation>95 %: {interval}</translation>
    </message>
    <message>
      <source>95 %: {interval} %</source>
      <translation>95 %: {interval} %</translation>
    </message>
    <message>
      <source>; not determined</source>
      <translation>; nicht bestimmt</translation>
    </message>
    <message>
      <source>A VISA address, or a name in the address book.</source>
      <translation>Eine VISA-Adresse oder ein Name im Adressbuch.</translation>
    </message>
    <message>
      <source>A at {t}</source>
      <translation>A bei {t}</translation>
    </message>
    <message>
      <source>A campaign is being measured on the simulated instrument.</source>
      <translation>Auf dem simulierten Gerät wird eine Messreihe gemessen.</translation>
    </message>
    <message>
      <source>A circuit such as R0-Mig1-CPE1; elements are offered as you type.</source>
      <translation>Eine Schaltung wie R0-Mig1-CPE1; Elemente werden beim Tippen angeboten.</translation>
    </message>
    <message>
      <source>A fit is in progress</source>
      <translation>Eine Anpassung läuft</translation>
    </message>
    <message>
      <source>A fit is in progress: cancel it first.</source>
      <translation>Eine Anpassung läuft: erst abbrechen.</translation>
    </message>
    <message>
      <source>A fit says here what speaks for bulk or electrode, and what would decide.</source>
      <translation>Hier sagt eine Anpassung, was für Volumen oder Elektrode spricht und was entscheiden würde.</translation>
    </message>
    <message>
      <source>A followed folder cannot be reached: {folder}</source>
      <translation>Ein verfolgter Ordner ist nicht erreichbar: {folder}</translation>
    </message>
    <message>
      <source>A fresh session to the instrument is being tried already.</source>
      <translation>Eine neue Verbindung zum Gerät wird schon versucht.</translation>
    </message>
    <message>
      <source>A fresh session to the instrument is being tried.</source>
      <translation>Eine neue Verbindung zum Gerät wird versucht.</translation>
    </message>
    <message>
      <source>A run is being made of {name} …</source>
      <translation>Aus {name} wird eine Messung gemacht …</translation>
    </message>
    <message>
      <source>A run is in progress.</source>
      <translation>Eine Messung läuft.</translation>
    </message>
    <message>
      <source>A run is in progress: stop it or wait for its end before you connect another instrument.</source>
      <translation>Eine Messung läuft: anhalten oder ihr Ende abwarten, erst dann ein anderes Gerät verbinden.</translation>
    </message>
    <message>
      <source>A simulated instrument is starting.</source>
      <translation>Ein simuliertes Gerät startet.</translation>
    </message>
    <message>
      <source>A {model} does it exactly as asked.</source>
      <translation>Ein {model} führt es genau wie verlangt aus.</translation>
    </message>
    <message>
      <source>A {model} does it with these changes:</source>
      <translation>Ein {model} führt es mit diesen Änderungen aus:</translation>
    </message>
    <message>
      <source>AICc behind</source>
      <translation>AICc-Abstand</translation>
    </message>
    <message>
      <source>Aborted</source>
      <translation>Abgebrochen</translation>
    </message>
    <message>
      <source>Activated</source>
      <translation>Aktiviert</translation>
    </message>
    <message>
      <source>Add a step after the chosen one, or a table (Insert)</source>
      <translation>Einen Schritt nach dem gewählten oder eine Tabelle hinzufügen (Einfg)</translation>
    </message>
    <message>
      <source>Add protocols or campaigns</source>
      <translation>Protokolle oder Messreihen hinzufügen</translation>
    </message>
    <message>
      <source>Add to the Queue …</source>
      <translation>In die Warteschlange einreihen …</translation>
    </message>
    <message>
      <source>Add to the queue</source>
      <translation>In die Warteschlange</translation>
    </message>
    <message>
      <source>Add …</source>
      <translation>Hinzufügen …</translation>
    </message>
    <message>
      <source>Adding to the queue</source>
      <translation>Das Einreihen</translation>
    </message>
    <message>
      <source>Address book, and instruments that are found</source>
      <translation>Adressbuch und gefundene Geräte</translation>
    </message>
    <message>
      <source>Address of the instrument</source>
      <translation>Adresse des Geräts</translation>
    </message>
    <message>
      <source>After a fit: measured and fitted current, what is left, and W(t).</source>
      <translation>Nach einer Anpassung: gemessener und angepasster Strom, was übrig bleibt, und W(t).</translation>
    </message>
    <message>
      <source>After a fit: what it leaves by time, pulse by pulse, and at each level.</source>
      <translation>Nach einer Anpassung: was sie übrig lässt, über der Zeit, Puls für Puls und bei jedem Niveau.</translation>
    </message>
    <message>
      <source>After the point that is measured</source>
      <translation>Nach dem Punkt, der gemessen wird</translation>
    </message>
    <message>
      <source>An error inside ionecho ({what}). Please report it.</source>
      <translation>Ein Fehler in ionecho ({what}). Bitte melden.</translation>
    </message>
    <message>
      <source>An output is being switched off.</source>
      <translation>Ein Ausgang wird gerade ausgeschaltet.</translation>
    </message>
    <message>
      <source>Aperture</source>
      <translation>Apertur</translation>
    </message>
    <message>
      <source>Area</source>
      <translation>Fläche</translation>
    </message>
    <message>
      <source>As the desktop</source>
      <translation>Wie die Arbeitsumgebung</translation>
    </message>
    <message>
      <source>Ask the address who is there, and connect to it</source>
      <translation>Die Adresse fragen, wer dort ist, und verbinden</translation>
    </message>
    <message>
      <source>Asking who is there</source>
      <translation>Die Frage, wer dort ist</translation>
    </message>
    <message>
      <source>At character {at}: {fault}</source>
      <translation>Bei Zeichen {at}: {fault}</translation>
    </message>
    <message>
      <source>At once: output off</source>
      <translation>Sofort: Ausgang aus</translation>
    </message>
    <message>
      <source>At once: the point is repeated</source>
      <translation>Sofort: Der Punkt wird wiederholt</translation>
    </message>
    <message>
      <source>B at {t}</source>
      <translation>B bei {t}</translation>
    </message>
    <message>
      <source>B − A, {t}</source>
      <translation>B − A, {t}</translation>
    </message>
    <message>
      <source>Back</source>
      <translation>Zurück</translation>
    </message>
    <message>
      <source>Before the first sample: at rest, at a level such as 0 V, or unknown</source>
      <translation>Vor dem ersten Wert: in Ruhe, auf einem Niveau wie 0 V oder unbekannt</translation>
    </message>
    <message>
      <source>Begin of pulse or rest</source>
      <translation>Beginn von Puls oder Ruhe</translation>
    </message>
    <message>
      <source>Between points</source>
      <translation>Zwischen Punkten</translation>
    </message>
    <message>
      <source>Bipolar pulses</source>
      <translation>Bipolare Pulse</translation>
    </message>
    <message>
      <source>Bounds</source>
      <translation>Schranken</translation>
    </message>
    <message>
      <source>Bring the dock {dock} to the front</source>
      <translation>Den Bereich {dock} nach vorn holen</translation>
    </message>
    <message>
      <source>By</source>
      <translation>Durch</translation>
    </message>
    <message>
      <source>By level</source>
      <translation>Je Niveau</translation>
    </message>
    <message>
      <source>By pulse</source>
      <translation>Je Puls</translation>
    </message>
    <message>
      <source>By temperature</source>
      <translation>Über der Temperatur</translation>
    </message>
    <message>
      <source>By thickness</source>
      <translation>Über der Dicke</translation>
    </message>
    <message>
      <source>C shows cursors, A and B choose one, the arrow keys move it, plus and minus zoom, Y fits the values, {shortcut} shows everything</source>
      <translation>C zeigt Marken, A und B wählen eine, die Pfeiltasten verschieben sie, Plus und Minus vergrößern und verkleinern, Y passt die Werte ein, {shortcut} zeigt alles</translation>
    </message>
    <message>
      <source>Ca&amp;ncel the fits of runs</source>
      <translation>Anpassungen der Messungen ab&amp;brechen</translation>
    </message>
    <message>
      <source>Campaign</source>
      <translation>Messreihe</translation>
    </message>
    <message>
      <source>Campaigns in their order. Alt with the arrow keys moves what waits; the right arrow opens its points.</source>
      <translation>Messreihen in ihrer Reihenfolge. Alt mit den Pfeiltasten verschiebt, was wartet; der Pfeil nach rechts öffnet die Punkte.</translation>
    </message>
    <message>
      <source>Can be measured</source>
      <translation>Messbar</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Cancel fits</source>
      <translation>Anpassungen abbrechen</translation>
    </message>
    <message>
      <source>Cancel the fit</source>
      <translation>Anpassung abbrechen</translation>
    </message>
    <message>
      <source>Cancel the fit; what is shown stays</source>
      <translation>Die Anpassung abbrechen; das Gezeigte bleibt</translation>
    </message>
    <message>
      <source>Cause</source>
      <translation>Ursache</translation>
    </message>
    <message>
      <source>Cell model</source>
      <translation>Zellmodell</translation>
    </message>
    <message>
      <source>Cell model as a circuit: “-” in series, p(…,…) in parallel; R resistor, C capacitor, CPE constant phase element; bulk with memory: Mig MIGRATION, Cc Cole-Cole, De Debye</source>
      <translation>Zellmodell als Schaltung: „-“ in Reihe, p(…,…) parallel; R Widerstand, C Kondensator, CPE Konstantphasenelement; Volumen mit Gedächtnis: Mig MIGRATION, Cc Cole-Cole, De Debye</translation>
    </message>
    <message>
      <source>Change of {field}</source>
      <translation>Änderung von {field}</translation>
    </message>
    <message>
      <source>Charge</source>
      <translation>Ladung</translation>
    </message>
    <message>
      <source>Charge number</source>
      <translation>Ladungszahl</translation>
    </message>
    <message>
      <source>Choose a parameter: each point is a refit of all others with it held there.</source>
      <translation>Einen Parameter wählen: Jeder Punkt ist eine Anpassung aller anderen, während er dort festgehalten wird.</translation>
    </message>
    <message>
      <source>Choose a protocol</source>
      <translation>Ein Protokoll wählen</translation>
    </message>
    <message>
      <source>Choose a protocol.</source>
      <translation>Ein Protokoll wählen.</translation>
    </message>
    <message>
      <source>Choose one in the dock Protocols: what the instrument will do is shown here before it does it.</source>
      <translation>Im Bereich Protokolle eines wählen: was das Gerät tun wird, steht hier, bevor es das tut.</translation>
    </message>
    <message>
      <source>Choose the ready protocol that is nearest to what you want, and change it.</source>
      <translation>Das fertige Protokoll wählen, das dem Gewünschten am nächsten ist, und es ändern.</translation>
    </message>
    <message>
      <source>Circuit that the live fit follows the run with</source>
      <translation>Schaltung, mit der die mitlaufende Anpassung der Messung folgt</translation>
    </message>
    <message>
      <source>Clear</source>
      <translation>Leeren</translation>
    </message>
    <message>
      <source>Clock</source>
      <translation>Uhr</translation>
    </message>
    <message>
      <source>Close the window</source>
      <translation>Das Fenster schließen</translation>
    </message>
    <message>
      <source>Closing the run file …</source>
      <translation>Messdatei wird geschlossen …</translation>
    </message>
    <message>
      <source>Columns</source>
      <translation>Spalten</translation>
    </message>
    <message>
      <source>Commands</source>
      <translation>Befehle</translation>
    </message>
    <message>
      <source>Compare</source>
      <translation>Vergleichen</translation>
    </message>
    <message>
      <source>Compare over thickness and temperature</source>
      <translation>Über Dicke und Temperatur vergleichen</translation>
    </message>
    <message>
      <source>Compare the selected r&amp;uns</source>
      <translation>Gewählte Messungen ver&amp;gleichen</translation>
    </message>
    <message>
      <source>Compare them, or fit them together</source>
      <translation>Vergleichen oder gemeinsam anpassen</translation>
    </message>
    <message>
      <source>Complete</source>
      <translation>Vollständig</translation>
    </message>
    <message>
      <source>Conductivities, permittivities, hop rate</source>
      <translation>Leitfähigkeiten, Permittivitäten, Sprungrate</translation>
    </message>
    <message>
      <source>Connect</source>
      <translation>Verbinden</translation>
    </message>
    <message>
      <source>Connect an instrument</source>
      <translation>Ein Gerät verbinden</translation>
    </message>
    <message>
      <source>Connect an instrument.</source>
      <translation>Ein Gerät verbinden.</translation>
    </message>
    <message>
      <source>Connect one: then the state of its output stands here.</source>
      <translation>Ein Gerät verbinden: dann steht hier der Zustand seines Ausgangs.</translation>
    </message>
    <message>
      <source>Connecting to {address}.</source>
      <translation>{address} wird verbunden.</translation>
    </message>
    <message>
      <source>Connecting …</source>
      <translation>Wird verbunden …</translation>
    </message>
    <message>
      <source>Connects a simulated Keithley 2461 and plans a pump-probe measurement: then press Run.</source>
      <translation>Verbindet ein simuliertes Keithley 2461 und plant eine Messung mit Anregung und Abfrage; danach „Messen“ drücken.</translation>
    </message>
    <message>
      <source>Controlled</source>
      <translation>Geregelt</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>Kopieren</translation>
    </message>
    <message>
      <source>Copy paths</source>
      <translation>Pfade kopieren</translation>
    </message>
    <message>
      <source>Copy picture</source>
      <translation>Bild kopieren</translation>
    </message>
    <message>
      <source>Copy the &amp;paths of runs</source>
      <translation>&amp;Pfade der Messungen kopieren</translation>
    </message>
    <message>
      <source>Copy the chosen step (Ctrl+D)</source>
      <translation>Den gewählten Schritt kopieren (Strg+D)</translation>
    </message>
    <message>
      <source>Copy the paths of the selected runs</source>
      <translation>Die Pfade der gewählten Messungen kopieren</translation>
    </message>
    <message>
      <source>Current</source>
      <translation>Strom</translation>
    </message>
    <message>
      <source>Cursor readings</source>
      <translation>Werte der Marken</translation>
    </message>
    <message>
      <source>Cursors</source>
      <translation>Marken</translation>
    </message>
    <message>
      <source>Curves</source>
      <translation>Kurven</translation>
    </message>
    <message>
      <source>Dark</source>
      <translation>Dunkel</translation>
    </message>
    <message>
      <source>Delay</source>
      <translation>Verzögerung</translation>
    </message>
    <message>
      <source>Describes the record</source>
      <translation>Beschreibt die Aufzeichnung</translation>
    </message>
    <message>
      <source>Deviations from the best</source>
      <translation>Abweichungen vom besten</translation>
    </message>
    <message>
      <source>Diagnose</source>
      <translation>Diagnostizieren</translation>
    </message>
    <message>
      <source>Diagnose runs to&amp;gether</source>
      <translation>Messungen zusammen dia&amp;gnostizieren</translation>
    </message>
    <message>
      <source>Diagnose the runs together</source>
      <translation>Die Messungen zusammen diagnostizieren</translation>
    </message>
    <message>
      <source>Diagnose together</source>
      <translation>Zusammen diagnostizieren</translation>
    </message>
    <message>
      <source>Diagnosis</source>
      <translation>Diagnose</translation>
    </message>
    <message>
      <source>Dismiss</source>
      <translation>Verwerfen</translation>
    </message>
    <message>
      <source>Does the memory change with thickness or heat</source>
      <translation>Ob sich das Gedächtnis mit Dicke oder Wärme ändert</translation>
    </message>
    <message>
      <source>Done</source>
      <translation>Fertig</translation>
    </message>
    <message>
      <source>Draw its profile</source>
      <translation>Sein Profil zeichnen</translation>
    </message>
    <message>
      <source>Draw the selected runs over the one that is shown</source>
      <translation>Die gewählten Messungen über die gezeigte zeichnen</translation>
    </message>
    <message>
      <source>Draw the selected runs over the shown one</source>
      <translation>Die gewählten Messungen über die gezeigte zeichnen</translation>
    </message>
    <message>
      <source>Drawn circuit</source>
      <translation>Gezeichnete Schaltung</translation>
    </message>
    <message>
      <source>Drop them</source>
      <translation>Verwerfen</translation>
    </message>
    <message>
      <source>Duration</source>
      <translation>Dauer</translation>
    </message>
    <message>
      <source>Each model that was fitted to this run is kept, side by side; a refit of one takes only its own place.</source>
      <translation>Jedes Modell, das an diese Messung angepasst wurde, wird bewahrt, eines neben dem anderen; eine neue Anpassung ersetzt nur ihre eigene.</translation>
    </message>
    <message>
      <source>Each run is fitted with each of these models. Kept fits of other models stay.</source>
      <translation>Jede Messung wird mit jedem dieser Modelle angepasst. Bewahrte Anpassungen anderer Modelle bleiben.</translation>
    </message>
    <message>
      <source>Each run, fitted alone</source>
      <translation>Jede Messung, einzeln angepasst</translation>
    </message>
    <message>
      <source>Earlier</source>
      <translation>Früher</translation>
    </message>
    <message>
      <source>Earlier (Alt+Up)</source>
      <translation>Früher (Alt+Auf)</translation>
    </message>
    <message>
      <source>Earlier in the Queue</source>
      <translation>Früher in der Warteschlange</translation>
    </message>
    <message>
      <source>Edge</source>
      <translation>Flanke</translation>
    </message>
    <message>
      <source>Edges</source>
      <translation>Flanken</translation>
    </message>
    <message>
      <source>Edges as lists</source>
      <translation>Flanken als Listen</translation>
    </message>
    <message>
      <source>Edges, history, delay, drift</source>
      <translation>Flanken, Vorgeschichte, Verzögerung, Drift</translation>
    </message>
    <message>
      <source>Elements</source>
      <translation>Elemente</translation>
    </message>
    <message>
      <source>End</source>
      <translation>Ende</translation>
    </message>
    <message>
      <source>End the fit that is in progress</source>
      <translation>Die laufende Anpassung beenden</translation>
    </message>
    <message>
      <source>End the fits in progress; those that are through are kept</source>
      <translation>Die laufenden Anpassungen beenden; fertige bleiben</translation>
    </message>
    <message>
      <source>End the run: output off, samples kept. Again: output off at once</source>
      <translation>Die Messung beenden: Ausgang aus, Werte bleiben. Noch einmal: Ausgang sofort aus</translation>
    </message>
    <message>
      <source>Ended</source>
      <translation>Geendet</translation>
    </message>
    <message>
      <source>Ends early</source>
      <translation>Endet früher</translation>
    </message>
    <message>
      <source>Enter its address, choose it from the menu, or take a simulated one.</source>
      <translation>Adresse eingeben, aus dem Menü wählen oder ein simuliertes nehmen.</translation>
    </message>
    <message>
      <source>Enter its address, or look for it on the network and on serial lines.</source>
      <translation>Die Adresse eingeben oder im Netz und an seriellen Leitungen suchen.</translation>
    </message>
    <message>
      <source>Enter leads to the place of a fault.</source>
      <translation>Die Eingabetaste führt zur Stelle eines Fehlers.</translation>
    </message>
    <message>
      <source>Enter opens what is selected, F2 edits tags and notes.</source>
      <translation>Die Eingabetaste öffnet das Gewählte, F2 bearbeitet Marken und Notizen.</translation>
    </message>
    <message>
      <source>Enter starts a new document from the chosen one.</source>
      <translation>Die Eingabetaste beginnt ein neues Dokument aus dem gewählten.</translation>
    </message>
    <message>
      <source>Events</source>
      <translation>Ereignisse</translation>
    </message>
    <message>
      <source>Events ({n})</source>
      <translation>Ereignisse ({n})</translation>
    </message>
    <message>
      <source>Events of the run, and samples to distrust</source>
      <translation>Ereignisse der Messung und zweifelhafte Werte</translation>
    </message>
    <message>
      <source>Evidence</source>
      <translation>Belege</translation>
    </message>
    <message>
      <source>Explains</source>
      <translation>Erklärt</translation>
    </message>
    <message>
      <source>Exponent of time</source>
      <translation>Exponent der Zeit</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Ausgabe</translation>
    </message>
    <message>
      <source>Export data</source>
      <translation>Daten exportieren</translation>
    </message>
    <message>
      <source>Fault: {message}</source>
      <translation>Fehler: {message}</translation>
    </message>
    <message>
      <source>Faults</source>
      <translation>Fehler</translation>
    </message>
    <message>
      <source>Fields</source>
      <translation>Felder</translation>
    </message>
    <message>
      <source>Figure</source>
      <translation>Größe</translation>
    </message>
    <message>
      <source>Figures</source>
      <translation>Größen</translation>
    </message>
    <message>
      <source>Figures of the runs by thickness and temperature</source>
      <translation>Größen der Messungen über Dicke und Temperatur</translation>
    </message>
    <message>
      <source>File</source>
      <translation>Datei</translation>
    </message>
    <message>
      <source>Filter</source>
      <translation>Filter</translation>
    </message>
    <message>
      <source>Find an action or a dock by a few letters of its name</source>
      <translation>Einen Befehl oder Bereich an ein paar Buchstaben seines Namens finden</translation>
    </message>
    <message>
      <source>Find instruments</source>
      <translation>Geräte suchen</translation>
    </message>
    <message>
      <source>Finished</source>
      <translation>Beendet</translation>
    </message>
    <message>
      <source>Firmware {version}</source>
      <translation>Firmware {version}</translation>
    </message>
    <message>
      <source>Fit</source>
      <translation>Anpassen</translation>
    </message>
    <message>
      <source>Fit each alone: does its memory change with thickness, heat, drive?</source>
      <translation>Jede einzeln anpassen: Ändert sich ihr Gedächtnis mit Dicke, Wärme, Anregung?</translation>
    </message>
    <message>
      <source>Fit runs &amp;together</source>
      <translation>Messungen gemeinsam an&amp;passen</translation>
    </message>
    <message>
      <source>Fit the cell model to the run</source>
      <translation>Das Zellmodell an die Messung anpassen</translation>
    </message>
    <message>
      <source>Fit the cell model to the run (Ctrl+F, or Enter in the box)</source>
      <translation>Das Zellmodell an die Messung anpassen (Strg+F, oder Eingabe im Feld)</translation>
    </message>
    <message>
      <source>Fit the cell model to the run as it comes, or stop that</source>
      <translation>Das Zellmodell an die laufende Messung anpassen oder damit aufhören</translation>
    </message>
    <message>
      <source>Fit the run as it comes</source>
      <translation>Die Messung mitlaufend anpassen</translation>
    </message>
    <message>
      <source>Fit the selected runs with several models</source>
      <translation>Die gewählten Messungen mit mehreren Modellen anpassen</translation>
    </message>
    <message>
      <source>Fit the selected runs with several models; kept fits stay</source>
      <translation>Die gewählten Messungen mit mehreren Modellen anpassen; bewahrte Anpassungen bleiben</translation>
    </message>
    <message>
      <source>Fit the selected runs, and compare them over thickness, temperature and drive</source>
      <translation>Die gewählten Messungen anpassen und über Dicke, Temperatur und Anregung vergleichen</translation>
    </message>
    <message>
      <source>Fit together</source>
      <translation>Gemeinsam anpassen</translation>
    </message>
    <message>
      <source>Fit with {option}</source>
      <translation>Anpassen mit {option}</translation>
    </message>
    <message>
      <source>Fit without a model</source>
      <translation>Ohne Modell anpassen</translation>
    </message>
    <message>
      <source>Fits</source>
      <translation>Anpassungen</translation>
    </message>
    <message>
      <source>Fits are in progress.</source>
      <translation>Anpassungen laufen.</translation>
    </message>
    <message>
      <source>Fits of kept runs</source>
      <translation>Anpassungen bewahrter Messungen</translation>
    </message>
    <message>
      <source>Fitted</source>
      <translation>Angepasst</translation>
    </message>
    <message>
      <source>Fitting {model} …</source>
      <translation>{model} wird angepasst …</translation>
    </message>
    <message>
      <source>Fitting: {done} of {n} are through</source>
      <translation>Anpassung: {done} von {n} sind fertig</translation>
    </message>
    <message>
      <source>Fix at</source>
      <translation>Festhalten bei</translation>
    </message>
    <message>
      <source>Fo&amp;llow a folder …</source>
      <translation>Einem &amp;Ordner folgen …</translation>
    </message>
    <message>
      <source>Folded by pulse</source>
      <translation>Nach Pulsen gefaltet</translation>
    </message>
    <message>
      <source>Folders</source>
      <translation>Ordner</translation>
    </message>
    <message>
      <source>Folding needs at least two pulses that start from the rest level.</source>
      <translation>Zum Falten braucht es mindestens zwei Pulse, die vom Ruhewert ausgehen.</translation>
    </message>
    <message>
      <source>Follow a folder</source>
      <translation>Einem Ordner folgen</translation>
    </message>
    <message>
      <source>Follow a folder …</source>
      <translation>Einem Ordner folgen …</translation>
    </message>
    <message>
      <source>Follow no longer what cannot be reached; no file is touched, and a folder can be followed again</source>
      <translation>Nicht mehr verfolgen, was nicht erreichbar ist; keine Datei wird berührt, und ein Ordner kann wieder verfolgt werden</translation>
    </message>
    <message>
      <source>Followed time</source>
      <translation>Verfolgte Zeit</translation>
    </message>
    <message>
      <source>Forget it</source>
      <translation>Vergessen</translation>
    </message>
    <message>
      <source>Forget them</source>
      <translation>Vergessen</translation>
    </message>
    <message>
      <source>Free</source>
      <translation>Frei</translation>
    </message>
    <message>
      <source>Frequency</source>
      <translation>Frequenz</translation>
    </message>
    <message>
      <source>From which voltage edge the logarithmic axis counts</source>
      <translation>Von welcher Flanke der Spannung an die logarithmische Achse zählt</translation>
    </message>
    <message>
      <source>Go to the next fault of the edited text</source>
      <translation>Zum nächsten Fehler des bearbeiteten Textes gehen</translation>
    </message>
    <message>
      <source>Grain boundaries remember: {fall}</source>
      <translation>Korngrenzen erinnern sich: {fall}</translation>
    </message>
    <message>
      <source>Grain size</source>
      <translation>Korngröße</translation>
    </message>
    <message>
      <source>Group</source>
      <translation>Gruppe</translation>
    </message>
    <message>
      <source>Half of it within</source>
      <translation>Die Hälfte davon in</translation>
    </message>
    <message>
      <source>Hide</source>
      <translation>Ausblenden</translation>
    </message>
    <message>
      <source>Hide: View → Docks shows it again</source>
      <translation>Ausblenden: Ansicht → Bereiche blendet es wieder ein</translation>
    </message>
    <message>
      <source>History</source>
      <translation>Vorgeschichte</translation>
    </message>
    <message>
      <source>Hold</source>
      <translation>Halten</translation>
    </message>
    <message>
      <source>Hold the plots</source>
      <translation>Diagramme anhalten</translation>
    </message>
    <message>
      <source>How late the current was sampled, e.g. 0.3 ms; fit finds it</source>
      <translation>Wie spät der Strom abgetastet wurde, z. B. 0.3 ms; fit findet es</translation>
    </message>
    <message>
      <source>How long a sample averages, e.g. 0.5 ms</source>
      <translation>Wie lange ein Wert mittelt, z. B. 0.5 ms</translation>
    </message>
    <message>
      <source>How much faster the samples' clock runs than the drive's, e.g. 100 ppm; fit finds it</source>
      <translation>Wie viel schneller die Uhr der Werte läuft als die der Anregung, z. B. 100 ppm; fit findet es</translation>
    </message>
    <message>
      <source>I have seen that it is off</source>
      <translation>Ich habe gesehen, dass er aus ist</translation>
    </message>
    <message>
      <source>Impedance in the complex plane, and residual by frequency</source>
      <translation>Impedanz in der komplexen Ebene und Rest nach der Frequenz</translation>
    </message>
    <message>
      <source>In brackets: this record does not determine it.</source>
      <translation>In Klammern: Diese Aufzeichnung bestimmt es nicht.</translation>
    </message>
    <message>
      <source>In kelvin, e.g. 298</source>
      <translation>In Kelvin, z. B. 298</translation>
    </message>
    <message>
      <source>In kelvin, one a run: 270 285 300</source>
      <translation>In Kelvin, eine je Messung: 270 285 300</translation>
    </message>
    <message>
      <source>In the hands of the run that this window follows.</source>
      <translation>In den Händen der Messung, die dieses Fenster verfolgt.</translation>
    </message>
    <message>
      <source>Insert adds a step, Ctrl+D copies it, Alt+Up and Alt+Down move it, Delete removes it.</source>
      <translation>Einfg fügt einen Schritt hinzu, Strg+D kopiert ihn, Alt+Auf und Alt+Ab verschieben ihn, Entf entfernt ihn.</translation>
    </message>
    <message>
      <source>Instrument</source>
      <translation>Gerät</translation>
    </message>
    <message>
      <source>Instrument not known yet</source>
      <translation>Gerät noch nicht bekannt</translation>
    </message>
    <message>
      <source>Instrument of the run</source>
      <translation>Gerät der Messung</translation>
    </message>
    <message>
      <source>Instrument of what is added</source>
      <translation>Gerät für das Hinzugefügte</translation>
    </message>
    <message>
      <source>Instrument on which the added files are measured: an address or a name</source>
      <translation>Gerät, auf dem die hinzugefügten Dateien gemessen werden: eine Adresse oder ein Name</translation>
    </message>
    <message>
      <source>Ions in a volume</source>
      <translation>Ionendichte</translation>
    </message>
    <message>
      <source>It can keep running without this window. A window that is opened later on the same folder finds it again.</source>
      <translation>Sie kann ohne dieses Fenster weiterlaufen. Ein Fenster, das später auf demselben Ordner geöffnet wird, findet sie wieder.</translation>
    </message>
    <message>
      <source>It could not be read back as off.</source>
      <translation>Er konnte nicht als ausgeschaltet zurückgelesen werden.</translation>
    </message>
    <message>
      <source>It does not share what is shared.</source>
      <translation>Sie teilt nicht, was geteilt wird.</translation>
    </message>
    <message>
      <source>It does not share what is shared: {values}.</source>
      <translation>Sie teilt nicht, was geteilt wird: {values}.</translation>
    </message>
    <message>
      <source>It is being conducted.</source>
      <translation>Sie wird durchgeführt.</translation>
    </message>
    <message>
      <source>It is being conducted: stop it first.</source>
      <translation>Sie wird gerade durchgeführt: erst anhalten.</translation>
    </message>
    <message>
      <source>It is not sure that {circuit} describes this record: the fit leaves more than the samples scatter by.</source>
      <translation>Es ist nicht sicher, dass {circuit} diese Aufzeichnung beschreibt: Die Anpassung lässt mehr übrig, als die Werte streuen.</translation>
    </message>
    <message>
      <source>It is the last one already.</source>
      <translation>Sie ist schon die letzte.</translation>
    </message>
    <message>
      <source>It is the next one already.</source>
      <translation>Sie ist schon die nächste.</translation>
    </message>
    <message>
      <source>Its folder stays (Del)</source>
      <translation>Ihr Ordner bleibt (Entf)</translation>
    </message>
    <message>
      <source>Keep edges, history, control and sample beside the run: every fit uses them from now on</source>
      <translation>Flanken, Vorgeschichte, Regelung und Probe neben der Messung bewahren: Jede Anpassung nutzt sie von nun an</translation>
    </message>
    <message>
      <source>Keep this text</source>
      <translation>Diesen Text behalten</translation>
    </message>
    <message>
      <source>Keep with the run</source>
      <translation>Bei der Messung bewahren</translation>
    </message>
    <message>
      <source>Kept fits</source>
      <translation>Bewahrte Anpassungen</translation>
    </message>
    <message>
      <source>Kept fits of {run}</source>
      <translation>Bewahrte Anpassungen von {run}</translation>
    </message>
    <message>
      <source>Kept fits side by side</source>
      <translation>Bewahrte Anpassungen nebeneinander</translation>
    </message>
    <message>
      <source>Kept with {run}: {words}</source>
      <translation>Bei {run} bewahrt: {words}</translation>
    </message>
    <message>
      <source>Kind</source>
      <translation>Art</translation>
    </message>
    <message>
      <source>Known by read-back.</source>
      <translation>Durch Rücklesen bekannt.</translation>
    </message>
    <message>
      <source>Known from nobody.</source>
      <translation>Von niemandem bekannt.</translation>
    </message>
    <message>
      <source>Known from the operator, who has seen it.</source>
      <translation>Von der Person am Gerät, die es gesehen hat.</translation>
    </message>
    <message>
      <source>Known from the run's own report.</source>
      <translation>Aus dem Bericht der Messung bekannt.</translation>
    </message>
    <message>
      <source>Known to</source>
      <translation>Bekannt auf</translation>
    </message>
    <message>
      <source>Known to be in doubt: it could not be read back as off.</source>
      <translation>Zweifelhaft: Er konnte nicht als ausgeschaltet zurückgelesen werden.</translation>
    </message>
    <message>
      <source>Last run: {how}, {moment}</source>
      <translation>Letzte Messung: {how}, {moment}</translation>
    </message>
    <message>
      <source>Later</source>
      <translation>Später</translation>
    </message>
    <message>
      <source>Later (Alt+Down)</source>
      <translation>Später (Alt+Ab)</translation>
    </message>
    <message>
      <source>Later in the Queue</source>
      <translation>Später in der Warteschlange</translation>
    </message>
    <message>
      <source>Latest {span}</source>
      <translation>Letzte {span}</translation>
    </message>
    <message>
      <source>Layout: &amp;analyse</source>
      <translation>Anordnung: &amp;Auswerten</translation>
    </message>
    <message>
      <source>Layout: &amp;measure</source>
      <translation>Anordnung: &amp;Messen</translation>
    </message>
    <message>
      <source>Leave it running</source>
      <translation>Weiterlaufen lassen</translation>
    </message>
    <message>
      <source>Leave the plots as they are while the run goes on; the figures go on too</source>
      <translation>Die Diagramme lassen, wie sie sind, während die Messung weiterläuft; die Zahlen laufen auch weiter</translation>
    </message>
    <message>
      <source>Left alone</source>
      <translation>Rest allein</translation>
    </message>
    <message>
      <source>Left together</source>
      <translation>Rest zusammen</translation>
    </message>
    <message>
      <source>Level of the drive</source>
      <translation>Niveau der Anregung</translation>
    </message>
    <message>
      <source>Light</source>
      <translation>Hell</translation>
    </message>
    <message>
      <source>Likely causes</source>
      <translation>Mögliche Ursachen</translation>
    </message>
    <message>
      <source>Likely causes, the likeliest first:</source>
      <translation>Mögliche Ursachen, die wahrscheinlichste zuerst:</translation>
    </message>
    <message>
      <source>Limits</source>
      <translation>Grenzen</translation>
    </message>
    <message>
      <source>Limits in view</source>
      <translation>Grenzen im Bild</translation>
    </message>
    <message>
      <source>Linear time</source>
      <translation>Lineare Zeit</translation>
    </message>
    <message>
      <source>List the runs of another folder too</source>
      <translation>Auch die Messungen eines anderen Ordners auflisten</translation>
    </message>
    <message>
      <source>Live fit</source>
      <translation>Mitlaufende Anpassung</translation>
    </message>
    <message>
      <source>Load the file</source>
      <translation>Die Datei laden</translation>
    </message>
    <message>
      <source>Loading of the file</source>
      <translation>Laden der Datei</translation>
    </message>
    <message>
      <source>Loading the program …</source>
      <translation>Programm wird geladen …</translation>
    </message>
    <message>
      <source>Log time since an edge</source>
      <translation>Log. Zeit seit einer Flanke</translation>
    </message>
    <message>
      <source>Logarithmic time since edge</source>
      <translation>Logarithmische Zeit seit Flanke</translation>
    </message>
    <message>
      <source>Look again</source>
      <translation>Noch einmal suchen</translation>
    </message>
    <message>
      <source>Looking for instruments</source>
      <translation>Die Suche nach Geräten</translation>
    </message>
    <message>
      <source>Looking for instruments …</source>
      <translation>Geräte werden gesucht …</translation>
    </message>
    <message>
      <source>Looking for more …</source>
      <translation>Es wird weiter gesucht …</translation>
    </message>
    <message>
      <source>Looking for runs …</source>
      <translation>Messungen werden gesucht …</translation>
    </message>
    <message>
      <source>Mains</source>
      <translation>Netz</translation>
    </message>
    <message>
      <source>Make the change again that was taken back</source>
      <translation>Die zurückgenommene Änderung noch einmal machen</translation>
    </message>
    <message>
      <source>Make the edited protocol the one that Run starts</source>
      <translation>Das bearbeitete Protokoll zu dem machen, das „Messen“ beginnt</translation>
    </message>
    <message>
      <source>Measure the point first.</source>
      <translation>Zuerst den Punkt messen.</translation>
    </message>
    <message>
      <source>Measure what waits, one after the other.</source>
      <translation>Messen, was wartet, eines nach dem anderen.</translation>
    </message>
    <message>
      <source>Measure, or open a run, then fit a model to it.</source>
      <translation>Messen oder eine Messung öffnen, dann ein Modell anpassen.</translation>
    </message>
    <message>
      <source>Measure, or open a run; then press Fit in “Cell model”.</source>
      <translation>Messen oder eine Messung öffnen; dann im Bereich „Zellmodell“ „Anpassen“ drücken.</translation>
    </message>
    <message>
      <source>Measured and fitted current, residual, relaxation</source>
      <translation>Gemessener und angepasster Strom, Residuum, Relaxation</translation>
    </message>
    <message>
      <source>Measurement</source>
      <translation>Messung</translation>
    </message>
    <message>
      <source>Median memory time</source>
      <translation>Mediane Gedächtniszeit</translation>
    </message>
    <message>
      <source>Memory</source>
      <translation>Gedächtnis</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>Modell</translation>
    </message>
    <message>
      <source>Models</source>
      <translation>Modelle</translation>
    </message>
    <message>
      <source>More</source>
      <translation>Mehr</translation>
    </message>
    <message>
      <source>Move</source>
      <translation>Verschieben</translation>
    </message>
    <message>
      <source>Move down</source>
      <translation>Nach unten</translation>
    </message>
    <message>
      <source>Move it down (Alt+Down)</source>
      <translation>Nach unten verschieben (Alt+Ab)</translation>
    </message>
    <message>
      <source>Move it down.</source>
      <translation>Nach unten verschieben.</translation>
    </message>
    <message>
      <source>Move it up (Alt+Up)</source>
      <translation>Nach oben verschieben (Alt+Auf)</translation>
    </message>
    <message>
      <source>Move it up.</source>
      <translation>Nach oben verschieben.</translation>
    </message>
    <message>
      <source>Move up</source>
      <translation>Nach oben</translation>
    </message>
    <message>
      <source>Multisine</source>
      <translation>Multisinus</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <source>Name of a command</source>
      <translation>Name eines Befehls</translation>
    </message>
    <message>
      <source>New protocol</source>
      <translation>Neues Protokoll</translation>
    </message>
    <message>
      <source>New step</source>
      <translation>Neuer Schritt</translation>
    </message>
    <message>
      <source>New table</source>
      <translation>Neue Tabelle</translation>
    </message>
    <message>
      <source>New …</source>
      <translation>Neu …</translation>
    </message>
    <message>
      <source>Newest fit</source>
      <translation>Neueste Anpassung</translation>
    </message>
    <message>
      <source>Next &amp;fault</source>
      <translation>Nächster &amp;Fehler</translation>
    </message>
    <message>
      <source>No fit is in progress.</source>
      <translation>Keine Anpassung läuft.</translation>
    </message>
    <message>
      <source>No fit yet</source>
      <translation>Noch keine Anpassung</translation>
    </message>
    <message>
      <source>No folder is followed. Follow one: all runs in it and below it are listed here.</source>
      <translation>Keinem Ordner wird gefolgt. Einem folgen: Alle Messungen darin und darunter stehen dann hier.</translation>
    </message>
    <message>
      <source>No instrument</source>
      <translation>Kein Gerät</translation>
    </message>
    <message>
      <source>No instrument is connected.</source>
      <translation>Kein Gerät ist verbunden.</translation>
    </message>
    <message>
      <source>No output is in doubt.</source>
      <translation>Kein Ausgang ist zweifelhaft.</translation>
    </message>
    <message>
      <source>No plan for this protocol: see the page Plan.</source>
      <translation>Kein Plan für dieses Protokoll: siehe den Bereich Plan.</translation>
    </message>
    <message>
      <source>No protocol is chosen.</source>
      <translation>Kein Protokoll ist gewählt.</translation>
    </message>
    <message>
      <source>No report from the run</source>
      <translation>Keine Meldung der Messung</translation>
    </message>
    <message>
      <source>No run could be read.</source>
      <translation>Keine Messung ließ sich lesen.</translation>
    </message>
    <message>
      <source>No run in progress</source>
      <translation>Keine Messung läuft</translation>
    </message>
    <message>
      <source>No run is in progress: the campaign of the queue is paused.</source>
      <translation>Keine Messung läuft: Die Messreihe der Warteschlange pausiert.</translation>
    </message>
    <message>
      <source>No run is in progress: there is nothing to stop</source>
      <translation>Keine Messung läuft: Es gibt nichts anzuhalten</translation>
    </message>
    <message>
      <source>No run is in progress: there is nothing to stop.</source>
      <translation>Keine Messung läuft: Es gibt nichts anzuhalten.</translation>
    </message>
    <message>
      <source>No run is like that.</source>
      <translation>Keine Messung ist so.</translation>
    </message>
    <message>
      <source>No run yet. Connect an instrument, choose a protocol and press Run, or open a saved run.</source>
      <translation>Noch keine Messung. Ein Gerät verbinden, ein Protokoll wählen und „Messen“ drücken, oder eine gespeicherte Messung öffnen.</translation>
    </message>
    <message>
      <source>No saved run is opened. Open one from the list of runs, or drop its file on the window.</source>
      <translation>Keine gespeicherte Messung ist geöffnet. Eine aus der Liste der Messungen öffnen oder ihre Datei ins Fenster ziehen.</translation>
    </message>
    <message>
      <source>No saved run is shown: open one, or measure one.</source>
      <translation>Keine gespeicherte Messung ist gezeigt: eine öffnen oder messen.</translation>
    </message>
    <message>
      <source>Nobody answered; raw sockets must be named</source>
      <translation>Niemand hat geantwortet; reine Sockets müssen genannt werden</translation>
    </message>
    <message>
      <source>Nobody has read it yet: a run reads it back at its end.</source>
      <translation>Niemand hat ihn bisher gelesen: Eine Messung liest ihn an ihrem Ende zurück.</translation>
    </message>
    <message>
      <source>Not connected</source>
      <translation>Nicht verbunden</translation>
    </message>
    <message>
      <source>Not determined</source>
      <translation>Nicht bestimmt</translation>
    </message>
    <message>
      <source>Not determined by this record, and not to be used: {names}.</source>
      <translation>Von dieser Aufzeichnung nicht bestimmt und nicht zu verwenden: {names}.</translation>
    </message>
    <message>
      <source>Not ready</source>
      <translation>Nicht bereit</translation>
    </message>
    <message>
      <source>Note</source>
      <translation>Hinweis</translation>
    </message>
    <message>
      <source>Notes</source>
      <translation>Notizen</translation>
    </message>
    <message>
      <source>Nothing but noise is left.</source>
      <translation>Nur Rauschen bleibt übrig.</translation>
    </message>
    <message>
      <source>Nothing is being conducted.</source>
      <translation>Nichts wird durchgeführt.</translation>
    </message>
    <message>
      <source>Nothing is open in the editor.</source>
      <translation>Im Editor ist nichts geöffnet.</translation>
    </message>
    <message>
      <source>Nothing is queued. Add protocols or campaigns: they are measured one after the other, also while this window is closed.</source>
      <translation>Nichts ist eingereiht. Protokolle oder Messreihen hinzufügen: Sie werden nacheinander gemessen, auch wenn dieses Fenster geschlossen ist.</translation>
    </message>
    <message>
      <source>Nothing is queued. Add protocols or campaigns: they are measured one after the other.</source>
      <translation>Nichts wartet. Protokolle oder Messreihen hinzufügen: Sie werden nacheinander gemessen.</translation>
    </message>
    <message>
      <source>Nothing waits.</source>
      <translation>Nichts wartet.</translation>
    </message>
    <message>
      <source>Nothing waits: add a protocol or a campaign first.</source>
      <translation>Nichts wartet: erst ein Protokoll oder eine Messreihe hinzufügen.</translation>
    </message>
    <message>
      <source>Nothing was opened yet</source>
      <translation>Noch nichts geöffnet</translation>
    </message>
    <message>
      <source>Nothing was queued: connect an instrument, or name its address in the dock Queue.</source>
      <translation>Nichts wurde eingereiht: ein Gerät verbinden oder seine Adresse im Bereich Warteschlange nennen.</translation>
    </message>
    <message>
      <source>Nothing was saved yet. What the other program wrote is lost if you replace it.</source>
      <translation>Noch nichts gespeichert. Was das andere Programm geschrieben hat, geht beim Ersetzen verloren.</translation>
    </message>
    <message>
      <source>Nothing was sent to the instrument.</source>
      <translation>An das Gerät wurde nichts gesendet.</translation>
    </message>
    <message>
      <source>O&amp;verlay the selected runs</source>
      <translation>Gewählte Messungen darü&amp;berlegen</translation>
    </message>
    <message>
      <source>OUTPUT MAY BE ON</source>
      <translation>AUSGANG VIELLEICHT EIN</translation>
    </message>
    <message>
      <source>OUTPUT OFF</source>
      <translation>AUSGANG AUS</translation>
    </message>
    <message>
      <source>OUTPUT ON</source>
      <translation>AUSGANG EIN</translation>
    </message>
    <message>
      <source>OUTPUT UNKNOWN</source>
      <translation>AUSGANG UNBEKANNT</translation>
    </message>
    <message>
      <source>Of a mobile ion</source>
      <translation>Eines beweglichen Ions</translation>
    </message>
    <message>
      <source>Of a voltage that was only sampled: it jumped between two samples (step), right after one (sample), or went straight (ramp); or a text file of times</source>
      <translation>Einer Spannung, die nur abgetastet wurde: Sie sprang zwischen zwei Werten (step), gleich nach einem (sample) oder verlief gerade (ramp); oder eine Textdatei mit Zeiten</translation>
    </message>
    <message>
      <source>Of an electrode, e.g. 50 mm^2</source>
      <translation>Einer Elektrode, z. B. 50 mm^2</translation>
    </message>
    <message>
      <source>Of the runs that are opened:</source>
      <translation>Für die geöffneten Messungen:</translation>
    </message>
    <message>
      <source>One a run, with commas: 0.5 mm, 1 mm</source>
      <translation>Eine je Messung, mit Kommas: 0.5 mm, 1 mm</translation>
    </message>
    <message>
      <source>One fit of all runs</source>
      <translation>Eine Anpassung aller Messungen</translation>
    </message>
    <message>
      <source>One fit of all runs that are opened</source>
      <translation>Eine Anpassung aller geöffneten Messungen</translation>
    </message>
    <message>
      <source>One run. Add a sweep, and its points are listed here.</source>
      <translation>Eine Messung. Kommt ein Durchlauf hinzu, stehen seine Punkte hier.</translation>
    </message>
    <message>
      <source>Only after a look at the instrument</source>
      <translation>Erst nach einem Blick auf das Gerät</translation>
    </message>
    <message>
      <source>Only what waits can be moved.</source>
      <translation>Nur was wartet, lässt sich verschieben.</translation>
    </message>
    <message>
      <source>Only {filters}</source>
      <translation>Nur {filters}</translation>
    </message>
    <message>
      <source>Open</source>
      <translation>Öffnen</translation>
    </message>
    <message>
      <source>Open &amp;recent</source>
      <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
      <source>Open (Enter)</source>
      <translation>Öffnen (Eingabe)</translation>
    </message>
    <message>
      <source>Open a file …</source>
      <translation>Eine Datei öffnen …</translation>
    </message>
    <message>
      <source>Open a protocol file</source>
      <translation>Eine Protokolldatei öffnen</translation>
    </message>
    <message>
      <source>Open a protocol file to edit it</source>
      <translation>Eine Protokolldatei zum Bearbeiten öffnen</translation>
    </message>
    <message>
      <source>Open a protocol or campaign</source>
      <translation>Protokoll oder Messreihe öffnen</translation>
    </message>
    <message>
      <source>Open a protocol or campaign file</source>
      <translation>Eine Datei mit Protokoll oder Messreihe öffnen</translation>
    </message>
    <message>
      <source>Open a run first.</source>
      <translation>Zuerst eine Messung öffnen.</translation>
    </message>
    <message>
      <source>Open as protocol</source>
      <translation>Als Protokoll öffnen</translation>
    </message>
    <message>
      <source>Open circuit</source>
      <translation>Offener Kreis</translation>
    </message>
    <message>
      <source>Open file …</source>
      <translation>Datei öffnen …</translation>
    </message>
    <message>
      <source>Open it in the protocol editor</source>
      <translation>Im Protokolleditor öffnen</translation>
    </message>
    <message>
      <source>Open runs</source>
      <translation>Messungen öffnen</translation>
    </message>
    <message>
      <source>Open runs, texts of other programs, protocols or campaigns</source>
      <translation>Messungen, Texte anderer Programme, Protokolle oder Messreihen öffnen</translation>
    </message>
    <message>
      <source>Open saved runs, texts of other programs or protocols; or drop them on this window.</source>
      <translation>Gespeicherte Messungen, Texte anderer Programme oder Protokolle öffnen – oder in dieses Fenster ziehen.</translation>
    </message>
    <message>
      <source>Open several runs first.</source>
      <translation>Zuerst mehrere Messungen öffnen.</translation>
    </message>
    <message>
      <source>Open several runs; then compare them, or fit them together, under “Several runs” in “Cell model”.</source>
      <translation>Mehrere Messungen öffnen; dann im Bereich „Zellmodell“ unter „Mehrere Messungen“ vergleichen oder gemeinsam anpassen.</translation>
    </message>
    <message>
      <source>Open the attempt {name}</source>
      <translation>Den Versuch {name} öffnen</translation>
    </message>
    <message>
      <source>Open the folder of the selected run</source>
      <translation>Den Ordner der gewählten Messung öffnen</translation>
    </message>
    <message>
      <source>Open the run</source>
      <translation>Die Messung öffnen</translation>
    </message>
    <message>
      <source>Open the se&amp;lected runs</source>
      <translation>Gewählte Messungen öff&amp;nen</translation>
    </message>
    <message>
      <source>Open …</source>
      <translation>Öffnen …</translation>
    </message>
    <message>
      <source>Operator</source>
      <translation>Durchgeführt von</translation>
    </message>
    <message>
      <source>Order</source>
      <translation>Reihenfolge</translation>
    </message>
    <message>
      <source>Other instruments that can be simulated</source>
      <translation>Andere Geräte, die sich simulieren lassen</translation>
    </message>
    <message>
      <source>Other models</source>
      <translation>Andere Modelle</translation>
    </message>
    <message>
      <source>Other runs are in progress in {folder} as well: {others}</source>
      <translation>In {folder} laufen noch andere Messungen: {others}</translation>
    </message>
    <message>
      <source>Out of the window</source>
      <translation>Aus dem Fenster heraus</translation>
    </message>
    <message>
      <source>Out of the window, or back into it</source>
      <translation>Aus dem Fenster heraus, oder wieder hinein</translation>
    </message>
    <message>
      <source>Output off at once; what was measured is kept.</source>
      <translation>Ausgang sofort aus; was gemessen wurde, bleibt.</translation>
    </message>
    <message>
      <source>Output off now</source>
      <translation>Ausgang sofort aus</translation>
    </message>
    <message>
      <source>Output off; the point is repeated.</source>
      <translation>Ausgang aus; der Punkt wird wiederholt.</translation>
    </message>
    <message>
      <source>Output state unknown</source>
      <translation>Zustand des Ausgangs unbekannt</translation>
    </message>
    <message>
      <source>Output state unknown: press the OUTPUT key of the instrument</source>
      <translation>Zustand des Ausgangs unbekannt: Die Taste OUTPUT des Geräts drücken</translation>
    </message>
    <message>
      <source>Overlay</source>
      <translation>Überlagern</translation>
    </message>
    <message>
      <source>Parameter</source>
      <translation>Parameter</translation>
    </message>
    <message>
      <source>Parameters</source>
      <translation>Parameter</translation>
    </message>
    <message>
      <source>Parameters of the live fit</source>
      <translation>Parameter der mitlaufenden Anpassung</translation>
    </message>
    <message>
      <source>Parameters or elements with one value for all runs: Mig1 CPE1.n</source>
      <translation>Parameter oder Elemente mit einem Wert für alle Messungen: Mig1 CPE1.n</translation>
    </message>
    <message>
      <source>Parameters with an activation energy: Mig1.tau</source>
      <translation>Parameter mit einer Aktivierungsenergie: Mig1.tau</translation>
    </message>
    <message>
      <source>Parts and steps of the protocol</source>
      <translation>Teile und Schritte des Protokolls</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Pause</translation>
    </message>
    <message>
      <source>Pause after the point that is measured.</source>
      <translation>Nach dem Punkt pausieren, der gemessen wird.</translation>
    </message>
    <message>
      <source>Pause the Queue</source>
      <translation>Warteschlange pausieren</translation>
    </message>
    <message>
      <source>Pause the Queue at Once</source>
      <translation>Warteschlange sofort pausieren</translation>
    </message>
    <message>
      <source>Permittivity</source>
      <translation>Permittivität</translation>
    </message>
    <message>
      <source>Picture as PNG …</source>
      <translation>Bild als PNG …</translation>
    </message>
    <message>
      <source>Picture as SVG …</source>
      <translation>Bild als SVG …</translation>
    </message>
    <message>
      <source>Plan</source>
      <translation>Plan</translation>
    </message>
    <message>
      <source>Plan it as the protocol that Run starts</source>
      <translation>Als das Protokoll planen, das „Messen“ beginnt</translation>
    </message>
    <message>
      <source>Plan this</source>
      <translation>Dies planen</translation>
    </message>
    <message>
      <source>Planned voltage</source>
      <translation>Geplante Spannung</translation>
    </message>
    <message>
      <source>Planning …</source>
      <translation>Plan wird gemacht …</translation>
    </message>
    <message>
      <source>Plots</source>
      <translation>Diagramme</translation>
    </message>
    <message>
      <source>Point</source>
      <translation>Punkt</translation>
    </message>
    <message>
      <source>Points</source>
      <translation>Punkte</translation>
    </message>
    <message>
      <source>Points as CSV …</source>
      <translation>Punkte als CSV …</translation>
    </message>
    <message>
      <source>Points of the campaign</source>
      <translation>Punkte der Messreihe</translation>
    </message>
    <message>
      <source>Posterior: all cells that fit</source>
      <translation>A-posteriori-Verteilung: alle Zellen, die passen</translation>
    </message>
    <message>
      <source>Press Run to start.</source>
      <translation>Zum Beginnen „Messen“ drücken.</translation>
    </message>
    <message>
      <source>Profile</source>
      <translation>Profil</translation>
    </message>
    <message>
      <source>Profile of a parameter</source>
      <translation>Profil eines Parameters</translation>
    </message>
    <message>
      <source>Project</source>
      <translation>Projekt</translation>
    </message>
    <message>
      <source>Protocol</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <source>Protocol editor</source>
      <translation>Protokolleditor</translation>
    </message>
    <message>
      <source>Protocol file whose edges the record has</source>
      <translation>Protokolldatei, deren Flanken die Aufzeichnung hat</translation>
    </message>
    <message>
      <source>Protocols</source>
      <translation>Protokolle</translation>
    </message>
    <message>
      <source>Protocols (*.toml)</source>
      <translation>Protokolle (*.toml)</translation>
    </message>
    <message>
      <source>Protocols and campaigns (*.toml)</source>
      <translation>Protokolle und Messreihen (*.toml)</translation>
    </message>
    <message>
      <source>Pseudo-random levels</source>
      <translation>Pseudozufällige Stufen</translation>
    </message>
    <message>
      <source>Pulse</source>
      <translation>Puls</translation>
    </message>
    <message>
      <source>Pulse train</source>
      <translation>Pulsfolge</translation>
    </message>
    <message>
      <source>Pump and probe</source>
      <translation>Anregung und Abfrage</translation>
    </message>
    <message>
      <source>Pump minus probe</source>
      <translation>Anregung minus Abfrage</translation>
    </message>
    <message>
      <source>Pump minus probe needs pulses in pairs; this run has {n}.</source>
      <translation>Anregung minus Abfrage braucht Pulse in Paaren; diese Messung hat {n}.</translation>
    </message>
    <message>
      <source>Put every dock back to its place in the ready layout that was chosen last</source>
      <translation>Jeden Bereich an seinen Platz in der zuletzt gewählten fertigen Anordnung setzen</translation>
    </message>
    <message>
      <source>Put it into the queue</source>
      <translation>In die Warteschlange stellen</translation>
    </message>
    <message>
      <source>Queue</source>
      <translation>Warteschlange</translation>
    </message>
    <message>
      <source>Queue protocols and campaigns.</source>
      <translation>Protokolle und Messreihen einreihen.</translation>
    </message>
    <message>
      <source>Queue this</source>
      <translation>Dies einreihen</translation>
    </message>
    <message>
      <source>Ramp</source>
      <translation>Rampe</translation>
    </message>
    <message>
      <source>Rank the models</source>
      <translation>Modelle vergleichen</translation>
    </message>
    <message>
      <source>Re&amp;fit the selected runs …</source>
      <translation>Gewählte Messungen ne&amp;u anpassen …</translation>
    </message>
    <message>
      <source>Reading the queue …</source>
      <translation>Warteschlange wird gelesen …</translation>
    </message>
    <message>
      <source>Reading {names} …</source>
      <translation>{names} wird gelesen …</translation>
    </message>
    <message>
      <source>Reading …</source>
      <translation>Wird gelesen …</translation>
    </message>
    <message>
      <source>Ready</source>
      <translation>Bereit</translation>
    </message>
    <message>
      <source>Ready protocols</source>
      <translation>Fertige Protokolle</translation>
    </message>
    <message>
      <source>Record</source>
      <translation>Aufzeichnung</translation>
    </message>
    <message>
      <source>Referee's &amp;table</source>
      <translation>&amp;Tabelle der Gutachter</translation>
    </message>
    <message>
      <source>Refit with …</source>
      <translation>Neu anpassen mit …</translation>
    </message>
    <message>
      <source>Refused</source>
      <translation>Abgelehnt</translation>
    </message>
    <message>
      <source>Relative, e.g. 12</source>
      <translation>Relativ, z. B. 12</translation>
    </message>
    <message>
      <source>Relaxation W</source>
      <translation>Relaxation W</translation>
    </message>
    <message>
      <source>Relaxation W, and the chosen parameter over the run</source>
      <translation>Relaxation W und der gewählte Parameter über die Messung</translation>
    </message>
    <message>
      <source>Remembered</source>
      <translation>Erinnert</translation>
    </message>
    <message>
      <source>Removal</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>Remove from the Queue</source>
      <translation>Aus der Warteschlange nehmen</translation>
    </message>
    <message>
      <source>Remove from the queue</source>
      <translation>Aus der Warteschlange entfernen</translation>
    </message>
    <message>
      <source>Remove it (Delete)</source>
      <translation>Entfernen (Entf)</translation>
    </message>
    <message>
      <source>Replace it</source>
      <translation>Ersetzen</translation>
    </message>
    <message>
      <source>Residual</source>
      <translation>Abweichung</translation>
    </message>
    <message>
      <source>Residual by time, by pulse and by level</source>
      <translation>Residuum über der Zeit, je Puls und je Niveau</translation>
    </message>
    <message>
      <source>Resume</source>
      <translation>Fortsetzen</translation>
    </message>
    <message>
      <source>Run</source>
      <translation>Messen</translation>
    </message>
    <message>
      <source>Run of another window or script</source>
      <translation>Messung eines anderen Fensters oder Skripts</translation>
    </message>
    <message>
      <source>Run of the queue</source>
      <translation>Messung der Warteschlange</translation>
    </message>
    <message>
      <source>Run of this window</source>
      <translation>Messung dieses Fensters</translation>
    </message>
    <message>
      <source>Run: {name}</source>
      <translation>Messung: {name}</translation>
    </message>
    <message>
      <source>Running</source>
      <translation>Läuft</translation>
    </message>
    <message>
      <source>Runs</source>
      <translation>Messungen</translation>
    </message>
    <message>
      <source>Sample</source>
      <translation>Probe</translation>
    </message>
    <message>
      <source>Sample all cells that fit</source>
      <translation>Alle Zellen, die passen, als Stichprobe ziehen</translation>
    </message>
    <message>
      <source>Samples</source>
      <translation>Werte</translation>
    </message>
    <message>
      <source>Samples far off count less</source>
      <translation>Ausreißer zählen weniger</translation>
    </message>
    <message>
      <source>Samples, {n} unsaved</source>
      <translation>Werte, {n} ungespeichert</translation>
    </message>
    <message>
      <source>Sampling</source>
      <translation>Abtastung</translation>
    </message>
    <message>
      <source>Save</source>
      <translation>Speichern</translation>
    </message>
    <message>
      <source>Save &amp;as …</source>
      <translation>Speichern &amp;unter …</translation>
    </message>
    <message>
      <source>Save &amp;report …</source>
      <translation>&amp;Bericht speichern …</translation>
    </message>
    <message>
      <source>Save it under another name</source>
      <translation>Unter anderem Namen speichern</translation>
    </message>
    <message>
      <source>Save report</source>
      <translation>Bericht speichern</translation>
    </message>
    <message>
      <source>Save the edited protocol</source>
      <translation>Das bearbeitete Protokoll speichern</translation>
    </message>
    <message>
      <source>Save the file (Ctrl+S)</source>
      <translation>Die Datei speichern (Strg+S)</translation>
    </message>
    <message>
      <source>Save the protocol</source>
      <translation>Das Protokoll speichern</translation>
    </message>
    <message>
      <source>Save under another name …</source>
      <translation>Unter anderem Namen speichern …</translation>
    </message>
    <message>
      <source>Save verdict, figures and evidence of the shown runs as a page: HTML or PDF</source>
      <translation>Urteil, Bilder und Belege der gezeigten Messungen als Seite speichern: HTML oder PDF</translation>
    </message>
    <message>
      <source>Search all kept runs</source>
      <translation>Alle bewahrten Messungen durchsuchen</translation>
    </message>
    <message>
      <source>Search runs</source>
      <translation>Messungen suchen</translation>
    </message>
    <message>
      <source>Select a campaign first.</source>
      <translation>Erst eine Messreihe wählen.</translation>
    </message>
    <message>
      <source>Select a run first.</source>
      <translation>Erst eine Messung wählen.</translation>
    </message>
    <message>
      <source>Select two runs or more.</source>
      <translation>Zwei oder mehr Messungen wählen.</translation>
    </message>
    <message>
      <source>Sequence</source>
      <translation>Folge</translation>
    </message>
    <message>
      <source>Serial {number}</source>
      <translation>Nummer {number}</translation>
    </message>
    <message>
      <source>Several runs</source>
      <translation>Mehrere Messungen</translation>
    </message>
    <message>
      <source>Shared</source>
      <translation>Gemeinsam</translation>
    </message>
    <message>
      <source>Show curves and fits of the selected runs</source>
      <translation>Kurven und Anpassungen der gewählten Messungen zeigen</translation>
    </message>
    <message>
      <source>Show everything again: all of the time, values to fit (Home in a plot, or a double click)</source>
      <translation>Wieder alles zeigen: die ganze Zeit, die Werte passend (Pos1 im Diagramm oder ein Doppelklick)</translation>
    </message>
    <message>
      <source>Show in its folder</source>
      <translation>Im Ordner zeigen</translation>
    </message>
    <message>
      <source>Show its folder</source>
      <translation>Ihren Ordner zeigen</translation>
    </message>
    <message>
      <source>Show or hide the dock {dock}</source>
      <translation>Den Bereich {dock} zeigen oder verbergen</translation>
    </message>
    <message>
      <source>Show the run in its fol&amp;der</source>
      <translation>Messung in ihrem Or&amp;dner zeigen</translation>
    </message>
    <message>
      <source>Show the whole run, or all that follows the edge; a double click in a plot does it too</source>
      <translation>Die ganze Messung zeigen, oder alles nach der Flanke; ein Doppelklick in eine Kurve tut dasselbe</translation>
    </message>
    <message>
      <source>Show what is needed to look at saved runs, and hide the rest</source>
      <translation>Zeigen, was man zum Betrachten gespeicherter Messungen braucht, und den Rest verbergen</translation>
    </message>
    <message>
      <source>Show what is needed to measure, and hide the rest</source>
      <translation>Zeigen, was man zum Messen braucht, und den Rest verbergen</translation>
    </message>
    <message>
      <source>Show {circuit}</source>
      <translation>{circuit} zeigen</translation>
    </message>
    <message>
      <source>Shown is the fit of {circuit}.</source>
      <translation>Gezeigt wird die Anpassung von {circuit}.</translation>
    </message>
    <message>
      <source>Simulate an instrument</source>
      <translation>Ein Gerät simulieren</translation>
    </message>
    <message>
      <source>Simulated 2461</source>
      <translation>Simuliertes 2461</translation>
    </message>
    <message>
      <source>Simulated {title}</source>
      <translation>Simuliertes {title}</translation>
    </message>
    <message>
      <source>Simulated, serial {number}</source>
      <translation>Simuliert, Nummer {number}</translation>
    </message>
    <message>
      <source>Since</source>
      <translation>Seit</translation>
    </message>
    <message>
      <source>Slope</source>
      <translation>Steigung</translation>
    </message>
    <message>
      <source>Something is wrong with {wrong} of {n} records that {circuit} was fitted to together.</source>
      <translation>Mit {wrong} von {n} Messungen, an die {circuit} zusammen angepasst wurde, stimmt etwas nicht.</translation>
    </message>
    <message>
      <source>Something remembers, and bulk or electrode is not decided: {fall}</source>
      <translation>Etwas erinnert sich; ob Volumen oder Elektrode, ist nicht entschieden: {fall}</translation>
    </message>
    <message>
      <source>Spectrum of relaxations</source>
      <translation>Spektrum der Relaxationen</translation>
    </message>
    <message>
      <source>Spectrum of relaxations, without a model</source>
      <translation>Spektrum der Relaxationen, ohne Modell</translation>
    </message>
    <message>
      <source>Staircase</source>
      <translation>Treppe</translation>
    </message>
    <message>
      <source>Start</source>
      <translation>Start</translation>
    </message>
    <message>
      <source>Start a protocol from a ready one</source>
      <translation>Ein Protokoll aus einem fertigen beginnen</translation>
    </message>
    <message>
      <source>Start a simulated Keithley 2461 with a cell between its clips, and connect to it</source>
      <translation>Ein simuliertes Keithley 2461 mit einer Zelle zwischen den Klemmen starten und verbinden</translation>
    </message>
    <message>
      <source>Start from a ready protocol (Ctrl+N)</source>
      <translation>Aus einem fertigen Protokoll beginnen (Strg+N)</translation>
    </message>
    <message>
      <source>Start from the fit</source>
      <translation>Bei der Anpassung beginnen</translation>
    </message>
    <message>
      <source>Start from this</source>
      <translation>Hieraus beginnen</translation>
    </message>
    <message>
      <source>Start live fit</source>
      <translation>Mitlaufend anpassen</translation>
    </message>
    <message>
      <source>Start or Resume the Queue</source>
      <translation>Warteschlange beginnen oder fortsetzen</translation>
    </message>
    <message>
      <source>Start the run</source>
      <translation>Die Messung beginnen</translation>
    </message>
    <message>
      <source>Start, fix or bound a parameter</source>
      <translation>Startwert eines Parameters angeben, ihn festhalten oder beschränken</translation>
    </message>
    <message>
      <source>Start, fixed value and bounds</source>
      <translation>Startwert, fester Wert und Schranken</translation>
    </message>
    <message>
      <source>Starting a simulated {title} …</source>
      <translation>Simuliertes {title} startet …</translation>
    </message>
    <message>
      <source>State</source>
      <translation>Zustand</translation>
    </message>
    <message>
      <source>State of the output</source>
      <translation>Zustand des Ausgangs</translation>
    </message>
    <message>
      <source>Steady conductance</source>
      <translation>Stationärer Leitwert</translation>
    </message>
    <message>
      <source>Step</source>
      <translation>Schritt</translation>
    </message>
    <message>
      <source>Steps</source>
      <translation>Schritte</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>Stopp</translation>
    </message>
    <message>
      <source>Stop early</source>
      <translation>Früher anhalten</translation>
    </message>
    <message>
      <source>Stop following {folder}</source>
      <translation>{folder} nicht mehr folgen</translation>
    </message>
    <message>
      <source>Stop it and close</source>
      <translation>Anhalten und schließen</translation>
    </message>
    <message>
      <source>Stop live fit</source>
      <translation>Mitlaufen beenden</translation>
    </message>
    <message>
      <source>Stop not confirmed</source>
      <translation>Stopp nicht bestätigt</translation>
    </message>
    <message>
      <source>Stop the Campaign</source>
      <translation>Messreihe beenden</translation>
    </message>
    <message>
      <source>Stop the Campaign after the Point</source>
      <translation>Messreihe nach dem Punkt beenden</translation>
    </message>
    <message>
      <source>Stopped</source>
      <translation>Angehalten</translation>
    </message>
    <message>
      <source>Stopping …</source>
      <translation>Wird angehalten …</translation>
    </message>
    <message>
      <source>Sweep</source>
      <translation>Durchlauf</translation>
    </message>
    <message>
      <source>Switch off</source>
      <translation>Ausschalten</translation>
    </message>
    <message>
      <source>Switch the output off at once, by the guardian's own session</source>
      <translation>Den Ausgang sofort ausschalten, über die eigene Verbindung des Wächters</translation>
    </message>
    <message>
      <source>Switch the output off through a fresh session, and read that back</source>
      <translation>Den Ausgang über eine neue Verbindung ausschalten und das zurücklesen</translation>
    </message>
    <message>
      <source>Switching the output off …</source>
      <translation>Ausgang wird ausgeschaltet …</translation>
    </message>
    <message>
      <source>T</source>
      <translation>T</translation>
    </message>
    <message>
      <source>Tag</source>
      <translation>Marke</translation>
    </message>
    <message>
      <source>Tags</source>
      <translation>Marken</translation>
    </message>
    <message>
      <source>Take a linear drift out</source>
      <translation>Eine lineare Drift herausnehmen</translation>
    </message>
    <message>
      <source>Take a smooth baseline out</source>
      <translation>Eine glatte Grundlinie herausnehmen</translation>
    </message>
    <message>
      <source>Take back the last change</source>
      <translation>Die letzte Änderung zurücknehmen</translation>
    </message>
    <message>
      <source>Take it out; its folder stays.</source>
      <translation>Herausnehmen; der Ordner bleibt.</translation>
    </message>
    <message>
      <source>Take the mains out, in hertz</source>
      <translation>Das Netzbrummen herausnehmen, in Hertz</translation>
    </message>
    <message>
      <source>Temperature</source>
      <translation>Temperatur</translation>
    </message>
    <message>
      <source>Temperatures</source>
      <translation>Temperaturen</translation>
    </message>
    <message>
      <source>Text</source>
      <translation>Text</translation>
    </message>
    <message>
      <source>Text of the protocol</source>
      <translation>Text des Protokolls</translation>
    </message>
    <message>
      <source>Text, waveform and points</source>
      <translation>Text, Verlauf und Punkte</translation>
    </message>
    <message>
      <source>The bulk remembers: {fall}</source>
      <translation>Das Volumen erinnert sich: {fall}</translation>
    </message>
    <message>
      <source>The chosen row is drawn over the run</source>
      <translation>Die gewählte Zeile wird über die Messung gezeichnet</translation>
    </message>
    <message>
      <source>The document in TOML; the form beside it shows the same.</source>
      <translation>Das Dokument in TOML; das Formular daneben zeigt dasselbe.</translation>
    </message>
    <message>
      <source>The edges of this record are not known. State them, then it can be folded.</source>
      <translation>Die Flanken dieser Aufzeichnung sind nicht bekannt. Sind sie angegeben, lässt sie sich falten.</translation>
    </message>
    <message>
      <source>The electrode remembers, not the bulk: {fall}</source>
      <translation>Die Elektrode erinnert sich, nicht das Volumen: {fall}</translation>
    </message>
    <message>
      <source>The export</source>
      <translation>Der Export</translation>
    </message>
    <message>
      <source>The first {shown} of {n} points; the time of all is estimated from these.</source>
      <translation>Die ersten {shown} von {n} Punkten; die Zeit für alle ist aus diesen geschätzt.</translation>
    </message>
    <message>
      <source>The fit of {model} was cancelled.</source>
      <translation>Die Anpassung von {model} wurde abgebrochen.</translation>
    </message>
    <message>
      <source>The fit of {run} with {model}</source>
      <translation>Die Anpassung von {run} mit {model}</translation>
    </message>
    <message>
      <source>The import</source>
      <translation>Die Übernahme</translation>
    </message>
    <message>
      <source>The import has told no run file.</source>
      <translation>Die Übernahme hat keine Messdatei genannt.</translation>
    </message>
    <message>
      <source>The instrument is still being connected.</source>
      <translation>Das Gerät wird noch verbunden.</translation>
    </message>
    <message>
      <source>The live fit</source>
      <translation>Die mitlaufende Anpassung</translation>
    </message>
    <message>
      <source>The live fit tells what nobody understands: {error}</source>
      <translation>Die mitlaufende Anpassung meldet Unverständliches: {error}</translation>
    </message>
    <message>
      <source>The output could not be read back as off{when}: press the OUTPUT key of the instrument.</source>
      <translation>Der Ausgang konnte{when} nicht als ausgeschaltet zurückgelesen werden: Die Taste OUTPUT des Geräts drücken.</translation>
    </message>
    <message>
      <source>The output was read back as off{when}.</source>
      <translation>Der Ausgang wurde{when} als ausgeschaltet zurückgelesen.</translation>
    </message>
    <message>
      <source>The plan is still being made.</source>
      <translation>Der Plan wird noch gemacht.</translation>
    </message>
    <message>
      <source>The plan was made for another instrument: choose the protocol again.</source>
      <translation>Der Plan wurde für ein anderes Gerät gemacht: das Protokoll noch einmal wählen.</translation>
    </message>
    <message>
      <source>The process that conducted “{name}” was killed at point {point}, whose run ends under its guardian. Resume follows that run, or measures the point again, and goes on.</source>
      <translation>Der Prozess, der „{name}“ durchführte, wurde bei Punkt {point} gewaltsam beendet; dessen Messung endet unter ihrem Wächter. „Fortsetzen“ folgt ihr oder misst den Punkt noch einmal und macht weiter.</translation>
    </message>
    <message>
      <source>The process that conducted “{name}” was killed. Nothing is being measured. Resume goes on.</source>
      <translation>Der Prozess, der „{name}“ durchführte, wurde gewaltsam beendet. Nichts wird gemessen. „Fortsetzen“ macht weiter.</translation>
    </message>
    <message>
      <source>The protocol cannot be run: see the page Plan.</source>
      <translation>Das Protokoll lässt sich nicht ausführen: siehe den Bereich Plan.</translation>
    </message>
    <message>
      <source>The report</source>
      <translation>Der Bericht</translation>
    </message>
    <message>
      <source>The run goes on without it</source>
      <translation>Die Messung läuft ohne sie weiter</translation>
    </message>
    <message>
      <source>The run has ended. Fit it for intervals that can be quoted.</source>
      <translation>Die Messung hat geendet. Eine Anpassung ergibt zitierbare Intervalle.</translation>
    </message>
    <message>
      <source>The run has not been heard of since then.</source>
      <translation>Seitdem hat die Messung nichts gemeldet.</translation>
    </message>
    <message>
      <source>The run is still in progress.</source>
      <translation>Die Messung läuft noch.</translation>
    </message>
    <message>
      <source>The simulated instrument</source>
      <translation>Das simulierte Gerät</translation>
    </message>
    <message>
      <source>The simulated instrument ends with this window, and the run with it.</source>
      <translation>Das simulierte Gerät endet mit diesem Fenster, und die Messung mit ihm.</translation>
    </message>
    <message>
      <source>The simulated instrument ends with this window: what is left of the campaign cannot be measured then.</source>
      <translation>Das simulierte Gerät endet mit diesem Fenster: Was von der Messreihe übrig ist, kann dann nicht mehr gemessen werden.</translation>
    </message>
    <message>
      <source>The simulated instrument ends with this window: what waits for it is measured only while it is open.</source>
      <translation>Das simulierte Gerät endet mit diesem Fenster: Was darauf wartet, wird nur gemessen, solange es offen ist.</translation>
    </message>
    <message>
      <source>The simulated instrument is connected already.</source>
      <translation>Das simulierte Gerät ist schon verbunden.</translation>
    </message>
    <message>
      <source>The text cannot be read in line {line}. The form follows as soon as it can.</source>
      <translation>Der Text ist in Zeile {line} nicht lesbar. Das Formular folgt, sobald er es ist.</translation>
    </message>
    <message>
      <source>The text has faults: see the list above it.</source>
      <translation>Der Text hat Fehler: siehe die Liste darüber.</translation>
    </message>
    <message>
      <source>The text has faults: the curve is of the last text without any.</source>
      <translation>Der Text hat Fehler: Die Kurve gehört zum letzten Text ohne Fehler.</translation>
    </message>
    <message>
      <source>The text is still being read.</source>
      <translation>Der Text wird noch gelesen.</translation>
    </message>
    <message>
      <source>The verdict stands here as soon as the fit is through.</source>
      <translation>Das Urteil steht hier, sobald die Anpassung fertig ist.</translation>
    </message>
    <message>
      <source>The waveform is drawn as soon as the text has no faults.</source>
      <translation>Der Verlauf wird gezeichnet, sobald der Text keine Fehler hat.</translation>
    </message>
    <message>
      <source>The whole run, or its newest seconds</source>
      <translation>Die ganze Messung oder ihre neuesten Sekunden</translation>
    </message>
    <message>
      <source>The window speaks this language when it is opened the next time.</source>
      <translation>Das Fenster spricht diese Sprache, wenn es das nächste Mal geöffnet wird.</translation>
    </message>
    <message>
      <source>There is no finished run yet.</source>
      <translation>Es gibt noch keine beendete Messung.</translation>
    </message>
    <message>
      <source>There is no run yet: what is measured comes here.</source>
      <translation>Es gibt noch keine Messung: Was gemessen wird, kommt hierher.</translation>
    </message>
    <message>
      <source>They are lost if you drop them.</source>
      <translation>Werden sie verworfen, sind sie verloren.</translation>
    </message>
    <message>
      <source>Thickness</source>
      <translation>Dicke</translation>
    </message>
    <message>
      <source>Thickness, area and so on: they tell bulk from interfaces</source>
      <translation>Dicke, Fläche und so weiter: Sie unterscheiden Volumen von Grenzflächen</translation>
    </message>
    <message>
      <source>Thicknesses</source>
      <translation>Dicken</translation>
    </message>
    <message>
      <source>This model does not describe what was measured. </source>
      <translation>Dieses Modell beschreibt nicht, was gemessen wurde. </translation>
    </message>
    <message>
      <source>This record does not determine what is remembered, or for how long.</source>
      <translation>Diese Aufzeichnung bestimmt nicht, was erinnert wird oder wie lange.</translation>
    </message>
    <message>
      <source>Those that are through are kept</source>
      <translation>Fertige bleiben</translation>
    </message>
    <message>
      <source>Time</source>
      <translation>Zeit</translation>
    </message>
    <message>
      <source>Time axis</source>
      <translation>Zeitachse</translation>
    </message>
    <message>
      <source>Time of the run</source>
      <translation>Zeit der Messung</translation>
    </message>
    <message>
      <source>Time since a step of the voltage</source>
      <translation>Zeit seit einem Schritt der Spannung</translation>
    </message>
    <message>
      <source>Time since an edge</source>
      <translation>Zeit seit einer Flanke</translation>
    </message>
    <message>
      <source>Time since edge {n}</source>
      <translation>Zeit seit Flanke {n}</translation>
    </message>
    <message>
      <source>Time since the beginning of a pulse</source>
      <translation>Zeit seit Beginn eines Pulses</translation>
    </message>
    <message>
      <source>Title</source>
      <translation>Titel</translation>
    </message>
    <message>
      <source>Tracer diffusion</source>
      <translation>Tracerdiffusion</translation>
    </message>
    <message>
      <source>Try it on a simulated cell</source>
      <translation>An einer simulierten Zelle ausprobieren</translation>
    </message>
    <message>
      <source>Two cursors, with differences and slopes (C in a plot; A or B chooses, the arrow keys move)</source>
      <translation>Zwei Marken mit Differenzen und Steigungen (C im Diagramm; A oder B wählt, die Pfeiltasten verschieben)</translation>
    </message>
    <message>
      <source>Type a few letters of what you want to do</source>
      <translation>Ein paar Buchstaben dessen eintippen, was zu tun ist</translation>
    </message>
    <message>
      <source>Typing</source>
      <translation>Eingabe</translation>
    </message>
    <message>
      <source>Unit: {unit}; it may be {range}</source>
      <translation>Einheit: {unit}; erlaubt: {range}</translation>
    </message>
    <message>
      <source>Unknowns of the fit</source>
      <translation>Unbekannte der Anpassung</translation>
    </message>
    <message>
      <source>Usual columns</source>
      <translation>Übliche Spalten</translation>
    </message>
    <message>
      <source>VISA resource of the instrument, or its name in the address book</source>
      <translation>VISA-Adresse des Geräts oder sein Name im Adressbuch</translation>
    </message>
    <message>
      <source>Value</source>
      <translation>Wert</translation>
    </message>
    <message>
      <source>Values</source>
      <translation>Werte</translation>
    </message>
    <message>
      <source>Values at the cursors A and B, their difference and the slope between them</source>
      <translation>Werte an den Marken A und B, ihre Differenz und die Steigung dazwischen</translation>
    </message>
    <message>
      <source>Values with a unit, such as 300 ohm; bounds as 100 ohm .. 1 kohm</source>
      <translation>Werte mit Einheit, etwa 300 ohm; Schranken als 100 ohm .. 1 kohm</translation>
    </message>
    <message>
      <source>Verdict</source>
      <translation>Urteil</translation>
    </message>
    <message>
      <source>Voltage</source>
      <translation>Spannung</translation>
    </message>
    <message>
      <source>Wait for the plan.</source>
      <translation>Auf den Plan warten.</translation>
    </message>
    <message>
      <source>Wait until the instrument has answered.</source>
      <translation>Warten, bis das Gerät geantwortet hat.</translation>
    </message>
    <message>
      <source>Warning</source>
      <translation>Warnung</translation>
    </message>
    <message>
      <source>Warnings and notes</source>
      <translation>Warnungen und Hinweise</translation>
    </message>
    <message>
      <source>Waveform</source>
      <translation>Verlauf</translation>
    </message>
    <message>
      <source>Web page</source>
      <translation>Webseite</translation>
    </message>
    <message>
      <source>Weight</source>
      <translation>Gewicht</translation>
    </message>
    <message>
      <source>What a referee asks for</source>
      <translation>Wonach Gutachter fragen</translation>
    </message>
    <message>
      <source>What do you want to do?</source>
      <translation>Womit beginnen?</translation>
    </message>
    <message>
      <source>What explains what the fit leaves</source>
      <translation>Was erklärt, was die Anpassung übrig lässt</translation>
    </message>
    <message>
      <source>What explains what the fit leaves: a delay, a drift, a history, another relaxation? Each option that may help is tried.</source>
      <translation>Was erklärt, was die Anpassung übrig lässt: eine Verzögerung, eine Drift, eine Vorgeschichte, eine weitere Relaxation? Jede Option, die helfen kann, wird versucht.</translation>
    </message>
    <message>
      <source>What is drawn, as a picture or a table</source>
      <translation>Das Gezeichnete als Bild oder Tabelle</translation>
    </message>
    <message>
      <source>What is wrong</source>
      <translation>Was nicht stimmt</translation>
    </message>
    <message>
      <source>What is wrong with each run that is opened</source>
      <translation>Was an jeder der geöffneten Messungen nicht stimmt</translation>
    </message>
    <message>
      <source>What is wrong with each run, and which does not share what is shared?</source>
      <translation>Was stimmt an jeder Messung nicht, und welche teilt nicht, was geteilt wird?</translation>
    </message>
    <message>
      <source>What the instrument controlled</source>
      <translation>Was das Gerät geregelt hat</translation>
    </message>
    <message>
      <source>What the protocol asks for and what the instrument will do. Plus and minus zoom, 0 shows all.</source>
      <translation>Was das Protokoll verlangt und was das Gerät tun wird. Plus und Minus vergrößern und verkleinern, 0 zeigt alles.</translation>
    </message>
    <message>
      <source>What the time axis of all plots is</source>
      <translation>Was die Zeitachse aller Diagramme ist</translation>
    </message>
    <message>
      <source>What would decide, or confirm it</source>
      <translation>Was es entscheiden oder bestätigen würde</translation>
    </message>
    <message>
      <source>What would help</source>
      <translation>Was helfen würde</translation>
    </message>
    <message>
      <source>What would help is for a fit of that record alone.</source>
      <translation>Was helfen würde, gilt für die Anpassung dieser Messung allein.</translation>
    </message>
    <message>
      <source>Which family describes the run best</source>
      <translation>Welche Familie die Messung am besten beschreibt</translation>
    </message>
    <message>
      <source>Which family describes this record best? One relaxation, a broadened one, hops with mismatch: each is fitted.</source>
      <translation>Welche Familie beschreibt diese Aufzeichnung am besten? Eine Relaxation, eine verbreiterte, Sprünge mit Fehlanpassung: Jede wird angepasst.</translation>
    </message>
    <message>
      <source>Which one of a text with several</source>
      <translation>Welche aus einem Text mit mehreren</translation>
    </message>
    <message>
      <source>Which quantities are drawn</source>
      <translation>Welche Größen gezeichnet werden</translation>
    </message>
    <message>
      <source>While a run is in progress, this shows its relaxation W(t) with its band, the parameters as they close in, and how well each is known. Choose a cell model and start; the next run is waited for.</source>
      <translation>Während einer Messung stehen hier ihre Relaxation W(t) mit ihrem Band, die Parameter, wie sie sich einengen, und wie genau jeder bekannt ist. Ein Zellmodell wählen und starten; auf die nächste Messung wird gewartet.</translation>
    </message>
    <message>
      <source>Whiteness</source>
      <translation>Weißheit</translation>
    </message>
    <message>
      <source>Whole run</source>
      <translation>Ganze Messung</translation>
    </message>
    <message>
      <source>Why</source>
      <translation>Warum</translation>
    </message>
    <message>
      <source>Widen the view to the limits of the protocol</source>
      <translation>Die Ansicht bis zu den Grenzen des Protokolls erweitern</translation>
    </message>
    <message>
      <source>Without a model: a spectrum of relaxation modes. Posterior and referee's table are in the menu Analyse.</source>
      <translation>Ohne Modell: ein Spektrum von Relaxationsmoden. A-posteriori-Verteilung und Tabelle der Gutachter stehen im Menü Auswertung.</translation>
    </message>
    <message>
      <source>Write the samples of the shown run for other programs: CSV, Parquet, BDF, NetCDF, bluesky</source>
      <translation>Die Messwerte der gezeigten Messung für andere Programme schreiben: CSV, Parquet, BDF, NetCDF, bluesky</translation>
    </message>
    <message>
      <source>Written: {path}</source>
      <translation>Geschrieben: {path}</translation>
    </message>
    <message>
      <source>Zoom out</source>
      <translation>Alles zeigen</translation>
    </message>
    <message>
      <source>a point</source>
      <translation>ein Punkt</translation>
    </message>
    <message>
      <source>a spectrum of relaxations</source>
      <translation>ein Spektrum der Relaxationen</translation>
    </message>
    <message>
      <source>about to end</source>
      <translation>gleich zu Ende</translation>
    </message>
    <message>
      <source>about {clock}</source>
      <translation>etwa {clock}</translation>
    </message>
    <message>
      <source>address of the instrument</source>
      <translation>Adresse des Geräts</translation>
    </message>
    <message>
      <source>all</source>
      <translation>alle</translation>
    </message>
    <message>
      <source>all determined</source>
      <translation>alle bestimmt</translation>
    </message>
    <message>
      <source>and {n} more that cannot be looked into</source>
      <translation>und {n} weitere, in die nicht gesehen werden kann</translation>
    </message>
    <message>
      <source>any</source>
      <translation>alle</translation>
    </message>
    <message>
      <source>as the record says</source>
      <translation>wie die Aufzeichnung sagt</translation>
    </message>
    <message>
      <source>as the run says</source>
      <translation>wie die Messung sagt</translation>
    </message>
    <message>
      <source>best</source>
      <translation>beste</translation>
    </message>
    <message>
      <source>choose …</source>
      <translation>wählen …</translation>
    </message>
    <message>
      <source>current beyond the range</source>
      <translation>Strom außerhalb des Bereichs</translation>
    </message>
    <message>
      <source>current limited by the instrument</source>
      <translation>Strom vom Gerät begrenzt</translation>
    </message>
    <message>
      <source>dashed: against open circuit</source>
      <translation>gestrichelt: gegen offenen Kreis</translation>
    </message>
    <message>
      <source>done</source>
      <translation>fertig</translation>
    </message>
    <message>
      <source>e.g. 1.2 mm</source>
      <translation>z. B. 1.2 mm</translation>
    </message>
    <message>
      <source>e.g. 1e-12 m^2/s: for a referee</source>
      <translation>z. B. 1e-12 m^2/s: für Gutachter</translation>
    </message>
    <message>
      <source>e.g. 1e22 cm^-3: for a referee's table</source>
      <translation>z. B. 1e22 cm^-3: für die Tabelle der Gutachter</translation>
    </message>
    <message>
      <source>e.g. 2 um</source>
      <translation>z. B. 2 um</translation>
    </message>
    <message>
      <source>edge </source>
      <translation>Flanke </translation>
    </message>
    <message>
      <source>even</source>
      <translation>gleichmäßig</translation>
    </message>
    <message>
      <source>exact</source>
      <translation>genau</translation>
    </message>
    <message>
      <source>failed</source>
      <translation>fehlgeschlagen</translation>
    </message>
    <message>
      <source>fast after edges</source>
      <translation>nach Flanken schnell</translation>
    </message>
    <message>
      <source>fit again to have the memory attributed</source>
      <translation>noch einmal anpassen, um das Gedächtnis zuzuordnen</translation>
    </message>
    <message>
      <source>fitted</source>
      <translation>angepasst</translation>
    </message>
    <message>
      <source>fitted, with its 95 % band</source>
      <translation>angepasst, mit 95-%-Band</translation>
    </message>
    <message>
      <source>given</source>
      <translation>angegeben</translation>
    </message>
    <message>
      <source>grain boundaries</source>
      <translation>Korngrenzen</translation>
    </message>
    <message>
      <source>imaginary part</source>
      <translation>Imaginärteil</translation>
    </message>
    <message>
      <source>instrument: </source>
      <translation>Gerät: </translation>
    </message>
    <message>
      <source>it gave no reason</source>
      <translation>ohne Angabe eines Grundes</translation>
    </message>
    <message>
      <source>its own</source>
      <translation>das eigene</translation>
    </message>
    <message>
      <source>its process was killed</source>
      <translation>ihr Prozess wurde gewaltsam beendet</translation>
    </message>
    <message>
      <source>kind</source>
      <translation>Art</translation>
    </message>
    <message>
      <source>last heard of at {moment}</source>
      <translation>zuletzt gemeldet um {moment}</translation>
    </message>
    <message>
      <source>latest edge</source>
      <translation>letzte Flanke</translation>
    </message>
    <message>
      <source>leaves {left}; describes the record</source>
      <translation>lässt {left} übrig; beschreibt die Aufzeichnung</translation>
    </message>
    <message>
      <source>leaves {left}; does not describe the record</source>
      <translation>lässt {left} übrig; beschreibt die Aufzeichnung nicht</translation>
    </message>
    <message>
      <source>limit ±{value}</source>
      <translation>Grenze ±{value}</translation>
    </message>
    <message>
      <source>limits {values}</source>
      <translation>Grenzen {values}</translation>
    </message>
    <message>
      <source>line {n}</source>
      <translation>Zeile {n}</translation>
    </message>
    <message>
      <source>logarithmic</source>
      <translation>logarithmisch</translation>
    </message>
    <message>
      <source>mean</source>
      <translation>Mittel</translation>
    </message>
    <message>
      <source>measured</source>
      <translation>gemessen</translation>
    </message>
    <message>
      <source>measuring</source>
      <translation>misst</translation>
    </message>
    <message>
      <source>no</source>
      <translation>nein</translation>
    </message>
    <message>
      <source>no run file</source>
      <translation>keine Messdatei</translation>
    </message>
    <message>
      <source>no value in the imported record</source>
      <translation>kein Wert in der übernommenen Aufzeichnung</translation>
    </message>
    <message>
      <source>no: {reason}</source>
      <translation>nein: {reason}</translation>
    </message>
    <message>
      <source>noise {noise}</source>
      <translation>Rauschen {noise}</translation>
    </message>
    <message>
      <source>none</source>
      <translation>keine</translation>
    </message>
    <message>
      <source>not asked</source>
      <translation>nicht gefragt</translation>
    </message>
    <message>
      <source>not attributed</source>
      <translation>nicht zugeordnet</translation>
    </message>
    <message>
      <source>not determined</source>
      <translation>nicht bestimmt</translation>
    </message>
    <message>
      <source>not given</source>
      <translation>nicht angegeben</translation>
    </message>
    <message>
      <source>not known</source>
      <translation>nicht bekannt</translation>
    </message>
    <message>
      <source>not sure</source>
      <translation>unsicher</translation>
    </message>
    <message>
      <source>not yet</source>
      <translation>noch nicht</translation>
    </message>
    <message>
      <source>now {number}, {label}</source>
      <translation>jetzt {number}, {label}</translation>
    </message>
    <message>
      <source>or {other}</source>
      <translation>oder {other}</translation>
    </message>
    <message>
      <source>others, with blanks between them: R0-Kww1-CPE1</source>
      <translation>andere, durch Leerzeichen getrennt: R0-Kww1-CPE1</translation>
    </message>
    <message>
      <source>output may be ON: {reason}</source>
      <translation>Ausgang vielleicht EIN: {reason}</translation>
    </message>
    <message>
      <source>output never on</source>
      <translation>Ausgang nie ein</translation>
    </message>
    <message>
      <source>output off</source>
      <translation>Ausgang aus</translation>
    </message>
    <message>
      <source>overload</source>
      <translation>übersteuert</translation>
    </message>
    <message>
      <source>paused</source>
      <translation>pausiert</translation>
    </message>
    <message>
      <source>picture of the current</source>
      <translation>Bild des Stroms</translation>
    </message>
    <message>
      <source>planned: {model}</source>
      <translation>geplant: {model}</translation>
    </message>
    <message>
      <source>range ±{value}</source>
      <translation>Bereich ±{value}</translation>
    </message>
    <message>
      <source>reading its points …</source>
      <translation>Punkte werden gelesen …</translation>
    </message>
    <message>
      <source>real part</source>
      <translation>Realteil</translation>
    </message>
    <message>
      <source>record</source>
      <translation>Aufzeichnung</translation>
    </message>
    <message>
      <source>refits</source>
      <translation>neue Anpassungen</translation>
    </message>
    <message>
      <source>residual {left} rms</source>
      <translation>Residuum {left} rms</translation>
    </message>
    <message>
      <source>root mean square</source>
      <translation>quadratisches Mittel</translation>
    </message>
    <message>
      <source>samples</source>
      <translation>Werte</translation>
    </message>
    <message>
      <source>samples before this one were lost</source>
      <translation>Werte vor diesem gingen verloren</translation>
    </message>
    <message>
      <source>several models</source>
      <translation>mehrere Modelle</translation>
    </message>
    <message>
      <source>skipped</source>
      <translation>übersprungen</translation>
    </message>
    <message>
      <source>stopped</source>
      <translation>angehalten</translation>
    </message>
    <message>
      <source>such as {example}</source>
      <translation>zum Beispiel {example}</translation>
    </message>
    <message>
      <source>the bulk</source>
      <translation>das Volumen</translation>
    </message>
    <message>
      <source>the conductance falls by {share}, half of it within {time}.</source>
      <translation>Der Leitwert fällt um {share}, die Hälfte davon in {time}.</translation>
    </message>
    <message>
      <source>the electrode</source>
      <translation>die Elektrode</translation>
    </message>
    <message>
      <source>the only one</source>
      <translation>die einzige</translation>
    </message>
    <message>
      <source>the samples'</source>
      <translation>die der Proben</translation>
    </message>
    <message>
      <source>there is no run in this folder</source>
      <translation>in diesem Ordner ist keine Messung</translation>
    </message>
    <message>
      <source>there is no such file</source>
      <translation>eine solche Datei gibt es nicht</translation>
    </message>
    <message>
      <source>this file keeps the fits of a run: open the run beside it</source>
      <translation>diese Datei bewahrt die Anpassungen einer Messung: die Messung daneben öffnen</translation>
    </message>
    <message>
      <source>this run</source>
      <translation>diese Messung</translation>
    </message>
    <message>
      <source>this run does not determine it</source>
      <translation>diese Messung bestimmt es nicht</translation>
    </message>
    <message>
      <source>time or source value not as planned</source>
      <translation>Zeit oder Quellwert nicht wie geplant</translation>
    </message>
    <message>
      <source>undecided</source>
      <translation>unentschieden</translation>
    </message>
    <message>
      <source>unknown</source>
      <translation>unbekannt</translation>
    </message>
    <message>
      <source>unreadable</source>
      <translation>unlesbar</translation>
    </message>
    <message>
      <source>until about {clock}, in {left}</source>
      <translation>bis etwa {clock}, in {left}</translation>
    </message>
    <message>
      <source>waiting</source>
      <translation>wartet</translation>
    </message>
    <message>
      <source>wanted</source>
      <translation>gewünscht</translation>
    </message>
    <message>
      <source>words, or a condition: T&lt;270 K and tag=rough</source>
      <translation>Wörter oder eine Bedingung: T&lt;270 K and tag=rough</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>ja</translation>
    </message>
    <message>
      <source>{best} comes first, but the first ones are too close to decide.</source>
      <translation>{best} steht vorn, aber die ersten liegen zu nah beieinander, um zu entscheiden.</translation>
    </message>
    <message>
      <source>{best} describes this record decidedly best.</source>
      <translation>{best} beschreibt diese Aufzeichnung eindeutig am besten.</translation>
    </message>
    <message>
      <source>{circuit} describes the record.</source>
      <translation>{circuit} beschreibt die Aufzeichnung.</translation>
    </message>
    <message>
      <source>{circuit} describes {n} records together.</source>
      <translation>{circuit} beschreibt {n} Aufzeichnungen gemeinsam.</translation>
    </message>
    <message>
      <source>{circuit} describes {n} records together; each shares what is shared.</source>
      <translation>{circuit} beschreibt {n} Messungen zusammen; jede teilt, was geteilt wird.</translation>
    </message>
    <message>
      <source>{circuit} does not describe all of it: see the notes before you use a figure.</source>
      <translation>{circuit} beschreibt nicht alles: Vor dem Verwenden einer Zahl die Hinweise lesen.</translation>
    </message>
    <message>
      <source>{circuit} does not describe this record. Its figures are those of the nearest such cell: use none.</source>
      <translation>{circuit} beschreibt diese Aufzeichnung nicht. Die Zahlen sind die der nächsten solchen Zelle: keine verwenden.</translation>
    </message>
    <message>
      <source>{circuit} has no conductor that remembers: its fit says nothing of a memory.</source>
      <translation>{circuit} hat keinen Leiter, der sich erinnert: Die Anpassung sagt nichts über ein Gedächtnis.</translation>
    </message>
    <message>
      <source>{circuit} is shown</source>
      <translation>{circuit} wird gezeigt</translation>
    </message>
    <message>
      <source>{circuit} leaves {left} a sample; neighbouring samples scatter by {noise}.</source>
      <translation>{circuit} lässt {left} je Wert übrig; benachbarte Werte streuen um {noise}.</translation>
    </message>
    <message>
      <source>{circuit} on {run}: {quality}</source>
      <translation>{circuit} an {run}: {quality}</translation>
    </message>
    <message>
      <source>{circuit} to all runs together</source>
      <translation>{circuit} an alle Messungen gemeinsam</translation>
    </message>
    <message>
      <source>{circuit} to all runs together, and diagnosing each</source>
      <translation>{circuit} an alle Messungen zusammen, mit Diagnose jeder einzelnen</translation>
    </message>
    <message>
      <source>{circuit} to each of the runs</source>
      <translation>{circuit} an jede der Messungen</translation>
    </message>
    <message>
      <source>{circuit}, and diagnosing it</source>
      <translation>{circuit}, mit Diagnose</translation>
    </message>
    <message>
      <source>{circuit}, and the profile of {name}</source>
      <translation>{circuit}, mit dem Profil von {name}</translation>
    </message>
    <message>
      <source>{done} of {n}</source>
      <translation>{done} von {n}</translation>
    </message>
    <message>
      <source>{first} and {n} more: Fit takes the first</source>
      <translation>{first} und {n} weitere: „Anpassen“ nimmt die erste</translation>
    </message>
    <message>
      <source>{free} GB free on the disk of the runs</source>
      <translation>{free} GB frei auf dem Datenträger der Messungen</translation>
    </message>
    <message>
      <source>{how} Since {moment}.</source>
      <translation>{how} Seit {moment}.</translation>
    </message>
    <message>
      <source>{h} h {min} min</source>
      <translation>{h} h {min} min</translation>
    </message>
    <message>
      <source>{interval}; this run does not determine it</source>
      <translation>{interval}; diese Messung bestimmt es nicht</translation>
    </message>
    <message>
      <source>{left} left, ends at {moment}</source>
      <translation>noch {left}, endet um {moment}</translation>
    </message>
    <message>
      <source>{model} (not connected)</source>
      <translation>{model} (nicht verbunden)</translation>
    </message>
    <message>
      <source>{model} waits for a response to fit …</source>
      <translation>{model} wartet auf eine Antwort, die sich anpassen lässt …</translation>
    </message>
    <message>
      <source>{model} waits for the next run.</source>
      <translation>{model} wartet auf die nächste Messung.</translation>
    </message>
    <message>
      <source>{model} was not fitted: {problem}</source>
      <translation>{model} wurde nicht angepasst: {problem}</translation>
    </message>
    <message>
      <source>{name} is being written …</source>
      <translation>{name} wird geschrieben …</translation>
    </message>
    <message>
      <source>{name} was changed by another program since it was opened.</source>
      <translation>{name} wurde seit dem Öffnen von einem anderen Programm geändert.</translation>
    </message>
    <message>
      <source>{name} was not saved: {error}</source>
      <translation>{name} wurde nicht gespeichert: {error}</translation>
    </message>
    <message>
      <source>{name} {own} by itself, {joint} together</source>
      <translation>{name} allein {own}, zusammen {joint}</translation>
    </message>
    <message>
      <source>{name}: {done} of {n} points</source>
      <translation>{name}: {done} von {n} Punkten</translation>
    </message>
    <message>
      <source>{name}: {reason}. The output is off.</source>
      <translation>{name}: {reason}. Der Ausgang ist aus.</translation>
    </message>
    <message>
      <source>{name}: {value} (95 %: {interval}).</source>
      <translation>{name}: {value} (95 %: {interval}).</translation>
    </message>
    <message>
      <source>{now}, set point {wanted}, settling</source>
      <translation>{now}, Sollwert {wanted}, schwingt ein</translation>
    </message>
    <message>
      <source>{now}, set point {wanted}, stable</source>
      <translation>{now}, Sollwert {wanted}, stabil</translation>
    </message>
    <message>
      <source>{n}  {label}</source>
      <translation>{n}  {label}</translation>
    </message>
    <message>
      <source>{n} entries: change them in the text</source>
      <translation>{n} Einträge: im Text ändern</translation>
    </message>
    <message>
      <source>{n} failed: {why}</source>
      <translation>{n} fehlgeschlagen: {why}</translation>
    </message>
    <message>
      <source>{n} followed folders cannot be reached.</source>
      <translation>{n} verfolgte Ordner sind nicht erreichbar.</translation>
    </message>
    <message>
      <source>{n} min</source>
      <translation>{n} min</translation>
    </message>
    <message>
      <source>{n} of {all} outputs could not be read back as off{when}: press the OUTPUT key of the instrument.</source>
      <translation>{n} von {all} Ausgängen konnten{when} nicht als ausgeschaltet zurückgelesen werden: Die Taste OUTPUT des Geräts drücken.</translation>
    </message>
    <message>
      <source>{n} of {all} runs selected</source>
      <translation>{n} von {all} Messungen gewählt</translation>
    </message>
    <message>
      <source>{n} of {all} samples</source>
      <translation>{n} von {all} Werten</translation>
    </message>
    <message>
      <source>{n} points, about {time}; the chosen one: {facts}</source>
      <translation>{n} Punkte, etwa {time}; der gewählte: {facts}</translation>
    </message>
    <message>
      <source>{n} points; the chosen one is drawn.</source>
      <translation>{n} Punkte; der gewählte ist gezeichnet.</translation>
    </message>
    <message>
      <source>{n} pulses</source>
      <translation>{n} Pulse</translation>
    </message>
    <message>
      <source>{n} s</source>
      <translation>{n} s</translation>
    </message>
    <message>
      <source>{n} samples</source>
      <translation>{n} Werte</translation>
    </message>
    <message>
      <source>{n} samples, residual {rms} rms</source>
      <translation>{n} Werte, Abweichung {rms} rms</translation>
    </message>
    <message>
      <source>{n} wait. Nothing begins: {reason}.</source>
      <translation>{n} warten. Nichts beginnt: {reason}.</translation>
    </message>
    <message>
      <source>{n} wait. Start begins with “{name}”.</source>
      <translation>{n} warten. „Start“ beginnt mit „{name}“.</translation>
    </message>
    <message>
      <source>{option}: this is advice, and no option of a fit.</source>
      <translation>{option}: Das ist ein Rat und keine Option einer Anpassung.</translation>
    </message>
    <message>
      <source>{output} since {moment}</source>
      <translation>{output} seit {moment}</translation>
    </message>
    <message>
      <source>{part} of {whole}</source>
      <translation>{part} von {whole}</translation>
    </message>
    <message>
      <source>{protocol} cannot be run</source>
      <translation>{protocol} lässt sich nicht ausführen</translation>
    </message>
    <message>
      <source>{runs} runs, {models} models: {fits} fits, two at a time</source>
      <translation>{runs} Messungen, {models} Modelle: {fits} Anpassungen, zwei zugleich</translation>
    </message>
    <message>
      <source>{share:.0%} read</source>
      <translation>{share:.0%} gelesen</translation>
    </message>
    <message>
      <source>{share:.3g} % of |Z|</source>
      <translation>{share:.3g} % von |Z|</translation>
    </message>
    <message>
      <source>{state} (attempt {n})</source>
      <translation>{state} (Versuch {n})</translation>
    </message>
    <message>
      <source>{step} at {time}</source>
      <translation>{step} bei {time}</translation>
    </message>
    <message>
      <source>{text}; looking for changes …</source>
      <translation>{text}; Änderungen werden gesucht …</translation>
    </message>
    <message>
      <source>{title} has changes that are not saved.</source>
      <translation>{title} hat Änderungen, die nicht gespeichert sind.</translation>
    </message>
    <message>
      <source>{title}, known to {share}</source>
      <translation>{title}, bekannt auf {share}</translation>
    </message>
    <message>
      <source>{value} unless given</source>
      <translation>{value}, wenn nicht angegeben</translation>
    </message>
    <message>
      <source>{what} could not be started: {why}</source>
      <translation>{what}: konnte nicht gestartet werden: {why}</translation>
    </message>
    <message>
      <source>{what} failed: {why}</source>
      <translation>{what}: fehlgeschlagen: {why}</translation>
    </message>
    <message>
      <source>{what} has ended: {why}</source>
      <translation>{what}: hat geendet: {why}</translation>
    </message>
    <message>
      <source>{what} has not come to an end within {limit} s and was given up.</source>
      <translation>{what}: nach {limit} s nicht zu Ende gekommen und aufgegeben.</translation>
    </message>
    <message>
      <source>{what} printed something that is not JSON: {text}</source>
      <translation>{what}: hat etwas ausgegeben, das kein JSON ist: {text}</translation>
    </message>
    <message>
      <source>{what} was killed: {why}</source>
      <translation>{what}: wurde gewaltsam beendet: {why}</translation>
    </message>
    <message>
      <source>⚠ 1 fault</source>
      <translation>⚠ 1 Fehler</translation>
    </message>
    <message>
      <source>⚠ The file was changed by another program.</source>
      <translation>⚠ Die Datei wurde von einem anderen Programm geändert.</translation>
    </message>
    <message>
      <source>⚠ {model} cannot do it: see above. {facts}</source>
      <translation>⚠ {model} kann es nicht: siehe oben. {facts}</translation>
    </message>
    <message>
      <source>⚠ {n} faults</source>
      <translation>⚠ {n} Fehler</translation>
    </message>
    <message>
      <source>✓ No faults. Planning …</source>
      <translation>✓ Keine Fehler. Plan wird gemacht …</translation>
    </message>
    <message>
      <source>✓ No faults. {model}: {facts}. Ends at {clock} if started now.</source>
      <translation>✓ Keine Fehler. {model}: {facts}. Endet um {clock}, wenn jetzt begonnen.</translation>
    </message>
  </context>
</TS>
