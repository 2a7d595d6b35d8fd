"""Headlines and sentences of the stories, keyed by property value.

None of them names what only the picture shows (scene, light, print).
"""

from typing import Final

HEADLINE: Final[dict[str, tuple[str, ...]]] = {
    "climate": (
        "Carbon budget shrinks faster than feared",
        "Warmest winter since records began",
        "Towns prepare for the next heatwave",
        "Emissions treaty enters a new round",
    ),
    "elections": (
        "Coalition talks go into the third week",
        "Turnout surprises the pollsters",
        "Challenger takes the lead before the vote",
        "Parliament debates a new voting law",
    ),
    "markets": (
        "Shares slide after the rate decision",
        "Investors return to bonds",
        "Inflation figures move the exchanges",
        "A quiet merger changes the banking sector",
    ),
    "space": (
        "Probe sends data from Jupiter's moon",
        "Rocket launch postponed once more",
        "Astronomers find a planet like ours",
        "The long road back to the Moon",
    ),
    "football": (
        "Late goal decides the derby",
        "Record transfer divides the fans",
        "National coach names the squad",
        "Second division club reaches the final",
    ),
    "cinema": (
        "Debut film wins the festival",
        "Studios bet on sequels again",
        "The director who never shouts",
        "Streaming changes how movies are made",
    ),
    "medicine": (
        "New vaccine passes its last trial",
        "Hospitals look for nurses",
        "Gene therapy restores a child's hearing",
        "What doctors learned from the epidemic",
    ),
    "railways": (
        "Sleeper trains return to the timetable",
        "Tunnel opens two years late",
        "Commuters wait for the new line",
        "High-speed network reaches the coast",
    ),
}

SUBJECT: Final[dict[str, tuple[str, ...]]] = {
    "climate": (
        "Greenhouse gases, glaciers and the energy transition are at the centre of the story.",
        "Researchers have measured how fast the atmosphere warms and what that costs.",
        "It is about carbon dioxide, drought and the politics of global warming.",
    ),
    "elections": (
        "Parties, ballots and candidates fill the week before polling day.",
        "Voters, campaigns and majorities in parliament are what it is about.",
        "The government depends on a handful of seats and undecided voters.",
    ),
    "markets": (
        "Stocks, interest rates and quarterly figures keep traders busy.",
        "The central bank, the bond market and corporate profits play their part.",
        "Investors weigh inflation against earnings.",
    ),
    "space": (
        "Astronauts, telescopes and orbits: the agency explains its next mission.",
        "The spacecraft has left the orbit and heads for the outer planets.",
        "Engineers have worked for a decade on the satellite and its rocket.",
    ),
    "football": (
        "The league, the coach and a penalty in stoppage time are what everybody discusses.",
        "Strikers, transfers and the table before the last match day.",
        "The club, its goalkeeper and its supporters have a long season behind them.",
    ),
    "cinema": (
        "Actors, screenplays and box-office figures of the season.",
        "The film tells a family story and its director talks about the shooting.",
        "From the premiere to the awards: a year in the movie business.",
    ),
    "medicine": (
        "Patients, therapies and clinical studies stand behind the figures.",
        "The doctors tested the drug on two thousand volunteers.",
        "It is about vaccines, surgery and what the health insurance pays.",
    ),
    "railways": (
        "Timetables, tracks and punctuality are on everybody's mind.",
        "The operator has ordered locomotives and sleeping cars.",
        "Stations, tickets and a new signalling system are part of the plan.",
    ),
}

FORM: Final[dict[str, tuple[str, ...]]] = {
    "report": (
        "Our correspondents report what happened and who said what.",
        "A news report with the facts of the day.",
    ),
    "interview": (
        "In a long interview she answers our questions one by one.",
        "A conversation in questions and answers: 'I would do it again', he says.",
    ),
    "opinion": (
        "A commentary: why our columnist thinks that everybody is wrong.",
        "An opinion piece that takes a side and argues for it.",
    ),
    "explainer": (
        "Explained in seven points: how it works and what it means.",
        "A guide for beginners: the background, step by step.",
    ),
    "portrait": (
        "A portrait of the person behind it, from childhood to today.",
        "We have accompanied her for a week and tell the story of her life.",
    ),
}

TONE: Final[dict[str, tuple[str, ...]]] = {
    "hopeful": (
        "There is reason for optimism: things are getting better.",
        "An encouraging development that gives people confidence.",
    ),
    "alarming": (
        "Experts warn of a catastrophe if nothing happens soon.",
        "The danger is greater than thought; many are deeply worried.",
    ),
    "witty": (
        "With a wink and a good deal of irony, for readers who like to laugh.",
        "A humorous look at a serious business, full of jokes.",
    ),
    "sober": (
        "Matter-of-factly, with figures and sources and without excitement.",
        "A dry, factual and balanced account.",
    ),
    "nostalgic": (
        "It recalls the good old days, when everything was slower.",
        "Memories of earlier decades run through the whole piece.",
    ),
}

SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "scene": ("The picture shows: {value}.", "Photographed: {value}."),
    "light": ("Taken at {value}.", "The light is that of {value}."),
    "print": ("Illustration: {value}.", "Printed as {value}."),
}
